from django.apps import AppConfig


class Messaging(AppConfig):
    name = "textbank.messaging"
