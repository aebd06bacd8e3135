// replay.c - the main function of a fuzz target in `make test`: tries every file of tests/fuzz/NAME once.
#include "fuzz.h"

#include <dirent.h>
#include <ftw.h>
#include <string.h>

static int try_folder(const char *folder) {
    DIR *dir = opendir(folder);
    int n = 0;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[512];
        struct stat info;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        FILE *f = !stat(path, &info) && S_ISREG(info.st_mode) ? fopen(path, "rb") : NULL;
        if (!f) continue;
        // A copy of just its size, so that a sanitizer sees what is read beyond.
        uint8_t *data = malloc((size_t)info.st_size + !info.st_size);
        size_t size = fread(data, 1, (size_t)info.st_size, f);
        fclose(f);
        LLVMFuzzerTestOneInput(data, size);
        free(data);
        n++;
    }
    if (dir) closedir(dir);
    return n;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where) {
    (void)info, (void)kind, (void)where;
    return remove(path);
}

int main(void) {
    quiet = true;
    if (!freopen("/dev/null", "w", stderr)) return 1; // warnings about what is wrong with them
    int n = try_folder("tests/fuzz/" SEEDS);
    nftw(fuzz_path(""), remove_one, 4, FTW_DEPTH | FTW_PHYS);
    printf("%s - %d inputs of %s\n", n ? "ok" : "not ok", n, SEEDS);
    return !n;
}
