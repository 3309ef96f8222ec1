from django.apps import AppConfig


class Conversations(AppConfig):
    name = "textbank.conversations"
