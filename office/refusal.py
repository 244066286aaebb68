"""How the office says no: one exception with a sentence for people, the article behind it and the field it is about."""


class Refusal(Exception):
    """An act that the office does not do. Doors show `message`; `article` and `field` are empty where none applies."""

    def __init__(self, message: str, article: str = "", field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.article = article
        self.field = field

    def __str__(self) -> str:
        return f"{self.message}（{self.article}）" if self.article else str(self.message)
