// readers.c - the list of formats, and what readers of logs share.
#include "readers.h"

#include "ground/number.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const Reader none = {0};

// In the order in which a text is tried.
const Reader *const reader_list[] = {&reader_trainer,  &reader_levanter, &reader_wandb, &reader_megatron,
                                     &reader_nanochat, &reader_llmc,     &reader_csv,   &none};

bool next_line(char **at, char **line) {
    if (!**at) return false;
    *line = *at;
    size_t n = strcspn(*at, "\n");
    *at += n + ((*at)[n] == '\n');
    (*line)[n] = '\0';
    if (n && (*line)[n - 1] == '\r') (*line)[n - 1] = '\0';
    return true;
}

bool number_after(const char *line, const char *label, double *x) {
    const char *at = strstr(line, label);
    if (!at) return false;
    at += strlen(label);
    while (*at == ' ' || *at == ':' || *at == '=') at++;
    char text[64];
    int n = 0;
    for (; n < 63 && (isdigit((unsigned char)*at) || (*at && strchr("+-.eE,", *at))); at++)
        if (*at != ',') text[n++] = *at;
    while (n && strchr(".eE+-", text[n - 1])) n--;
    text[n] = '\0';
    return n && parse_number(text, x);
}
