class AcmeTotp:
    def init(self, parameters): ...  # totp.Parameters; ValueError for what it cannot work with
    def barcode_verify(self, full_barcode, card): ...  # totp.Answer("CARDSESSION_AVAILABLE")
    def get_token(self, password): ...  # secrets.Secret; TotpModuleError when it cannot
