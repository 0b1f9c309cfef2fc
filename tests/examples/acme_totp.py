import hashlib

from koshelek_driver.totp import Answer, CardPresentation, Parameters, ResultCode, Secret


class AcmeTotp:
    def init(self, parameters: Parameters) -> None:
        if not parameters.retailer_key:
            raise ValueError("retailer_key is empty")
        self._parameters = parameters

    def barcode_verify(self, full_barcode: str, card: CardPresentation) -> Answer:
        if card.password is None:
            return Answer(ResultCode.LOYALTY_ONLY)
        text = f"{self._parameters.retailer_key.reveal()}:{card.card_number.reveal()}"
        if card.password != Secret(hashlib.sha256(text.encode()).hexdigest()[:6]):
            return Answer(ResultCode.TOTP_INVALID)
        return Answer(ResultCode.CARDSESSION_AVAILABLE if card.card_session else ResultCode.TOTP_VALID)

    def get_token(self, password: Secret | None) -> Secret:
        return Secret(self._parameters.fingerprint + (password.reveal() if password else ""))
