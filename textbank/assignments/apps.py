from django.apps import AppConfig


class Assignments(AppConfig):
    name = "textbank.assignments"
