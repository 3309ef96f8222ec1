from django.apps import AppConfig


class Organizations(AppConfig):
    name = "textbank.organizations"
