/* A small library in the shape of a closed TOTP module: the tests build it and call it by declared prototypes. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static char agreed_key[128];
static char shown[256];

int pv_init(const char *retailer_key, int interval_s, uint32_t window_steps)
{
    snprintf(agreed_key, sizeof agreed_key, "%s/%d/%u", retailer_key, interval_s, window_steps);
    return strncmp(retailer_key, "bad", 3) == 0 ? 7 : 0;
}

/* The result is what it returns: a text. */
const char *pv_verify_text(const char *full_barcode)
{
    return strstr(full_barcode, "368") ? "CARDSESSION_AVAILABLE" : "TOTP_INVALID";
}

/* The result is what it returns: a number. */
long long pv_verify_number(const char *card_number, const char *password)
{
    return strcmp(card_number, "4601234567893") == 0 && strcmp(password, "368") == 0 ? 17 : -4;
}

/* The results are in buffers; it returns whether it could do its work. */
int pv_verify_buffers(const char *full_barcode, char *result_code, size_t result_code_size, char *card_number,
                      size_t card_number_size, char *totp_code_valid, size_t totp_code_valid_size)
{
    if (strcmp(full_barcode, "fail") == 0)
        return 3;
    snprintf(result_code, result_code_size, "CARDSESSION_AVAILABLE");
    snprintf(card_number, card_number_size, "77%zu", card_number_size);
    snprintf(totp_code_valid, totp_code_valid_size, "%d", strstr(full_barcode, "368") != 0);
    return 0;
}

/* The results are a JSON object in a buffer. */
int pv_verify_json(const char *full_barcode, char *answer, size_t answer_size)
{
    snprintf(answer, answer_size,
             "{\"resultCode\": \"CARDSESSION_AVAILABLE\", \"totpCodeValid\": true, \"cardNumber\": \"%.4s\","
             " \"cardSession\": \"S7\", \"news\": [1]}",
             full_barcode);
    return 0;
}

const char *pv_verify_broken(const char *full_barcode)
{
    return strcmp(full_barcode, "json") == 0 ? "{\"resultCode\": " : strcmp(full_barcode, "utf") == 0 ? "\xff\xfe" : "";
}

const char *pv_token(const char *password, const char *terminal, const char *salt)
{
    snprintf(shown, sizeof shown, "%s|%s|%s|%s", agreed_key, terminal, salt, password);
    return shown;
}

bool pv_token_buffer(char *token, size_t token_size)
{
    snprintf(token, token_size, "T");
    return false;
}

void pv_nothing(void)
{
}
