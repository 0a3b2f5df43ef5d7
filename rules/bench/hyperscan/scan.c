/* Looks for many terms in many texts with Hyperscan or Vectorscan, in one thread,
 * and says what CPU time that takes:
 *
 *     scan TERMS ITEMS
 *
 * TERMS has a term a line; ITEMS has texts that each end in a zero byte. Letters
 * are equal in both cases in ASCII alone. Only whole words count, which the
 * callback looks at: the literal matcher is much faster than one for \bterm\b.
 *
 * The first line of the answer is of the terms:
 *
 *     SECONDS-TO-COMPILE BYTES-OF-DATABASE BYTES-OF-SCRATCH
 *
 * Then each line "N TIMES" of the input scans the first N items so often, and is
 * answered by a line "SECONDS HITS", hits of one time. The end of the input ends
 * the program.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <hs.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct text {
    const char *start;
    size_t len;
};

/* texts is what a file holds, in parts. */
struct texts {
    struct text *at;
    size_t n;
};

/* search is what the callback needs of the scan that it belongs to. */
struct search {
    const struct text *terms;
    struct text item;
    uint64_t hits;
};

static void fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static void *allocate(size_t n, size_t size) {
    void *p = calloc(n ? n : 1, size);
    if (p == NULL)
        fail("out of memory");
    return p;
}

/* cpu_seconds is what this process has computed so far. A scan calls nothing of
 * the kernel, so that all of it is user time, which getrusage tells less finely. */
static double cpu_seconds(void) {
    struct timespec t;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
        fail("clock_gettime: %s", strerror(errno));
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct text read_file(const char *name) {
    FILE *f = fopen(name, "rb");
    if (f == NULL)
        fail("%s: %s", name, strerror(errno));
    size_t len = 0, room = 1 << 20;
    char *data = allocate(room, 1);
    for (size_t n; (n = fread(data + len, 1, room - len, f)) > 0;) {
        len += n;
        if (len == room && (data = realloc(data, room *= 2)) == NULL)
            fail("out of memory");
    }
    if (ferror(f))
        fail("%s: %s", name, strerror(errno));
    fclose(f);
    return (struct text){data, len};
}

/* split parts a file behind each end byte. */
static struct texts split(struct text file, char end) {
    struct texts out = {NULL, 0};
    for (size_t i = 0; i < file.len; i++)
        out.n += file.start[i] == end;
    out.at = allocate(out.n, sizeof *out.at);
    const char *from = file.start;
    for (size_t i = 0; i < out.n; i++) {
        const char *to = memchr(from, end, (size_t)(file.start + file.len - from));
        out.at[i] = (struct text){from, (size_t)(to - from)};
        from = to + 1;
    }
    return out;
}

static hs_database_t *compile(struct texts terms) {
    const char **starts = allocate(terms.n, sizeof *starts);
    size_t *lens = allocate(terms.n, sizeof *lens);
    unsigned *flags = allocate(terms.n, sizeof *flags), *ids = allocate(terms.n, sizeof *ids);
    for (size_t i = 0; i < terms.n; i++) {
        starts[i] = terms.at[i].start;
        lens[i] = terms.at[i].len;
        flags[i] = HS_FLAG_CASELESS;
        ids[i] = (unsigned)i;
    }
    hs_database_t *db;
    hs_compile_error_t *err;
    if (hs_compile_lit_multi(starts, flags, ids, lens, (unsigned)terms.n, HS_MODE_BLOCK, NULL, &db, &err) != HS_SUCCESS)
        fail("compile: %s", err->message);
    free(starts);
    free(lens);
    free(flags);
    free(ids);
    return db;
}

/* is_letter is true of ASCII letters and digits, and of what is neither ASCII
 * nor in the two blocks of signs that texts are full of. */
static int is_letter(uint32_t c) {
    if (c < 0x80)
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    return c >= 0xC0 && !(c >= 0x2000 && c <= 0x206F);
}

/* decode returns the code point that starts at p. */
static uint32_t decode(const unsigned char *p, size_t left) {
    int more = *p < 0xC0 ? 0 : *p < 0xE0 ? 1 : *p < 0xF0 ? 2 : 3;
    uint32_t c = more == 0 ? *p : *p & (0x3Fu >> more);
    for (int i = 1; i <= more && (size_t)i < left; i++)
        c = c << 6 | (p[i] & 0x3F);
    return c;
}

/* is_whole is true where no letter stands right before or behind a match. */
static int is_whole(struct text item, size_t from, size_t to) {
    const unsigned char *text = (const unsigned char *)item.start;
    if (to < item.len && is_letter(decode(text + to, item.len - to)))
        return 0;
    if (from == 0)
        return 1;
    size_t before = from - 1;
    while (before > 0 && (text[before] & 0xC0) == 0x80)
        before--;
    return !is_letter(decode(text + before, from - before));
}

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context) {
    (void)from; /* known only where asked for, which costs speed */
    (void)flags;
    struct search *s = context;
    s->hits += (uint64_t)is_whole(s->item, (size_t)to - s->terms[id].len, (size_t)to);
    return 0;
}

static uint64_t scan(const hs_database_t *db, hs_scratch_t *scratch, struct texts terms, struct texts items) {
    struct search s = {.terms = terms.at};
    for (size_t i = 0; i < items.n; i++) {
        s.item = items.at[i];
        if (hs_scan(db, s.item.start, (unsigned)s.item.len, 0, scratch, on_match, &s) != HS_SUCCESS)
            fail("item %zu: scan failed", i);
    }
    return s.hits;
}

int main(int argc, char **argv) {
    if (argc != 3)
        fail("usage: scan TERMS ITEMS");
    struct texts terms = split(read_file(argv[1]), '\n');
    struct texts items = split(read_file(argv[2]), '\0');

    double start = cpu_seconds();
    hs_database_t *db = compile(terms);
    double seconds = cpu_seconds() - start;
    hs_scratch_t *scratch = NULL;
    size_t database_size, scratch_size;
    if (hs_alloc_scratch(db, &scratch) != HS_SUCCESS || hs_database_size(db, &database_size) != HS_SUCCESS ||
        hs_scratch_size(scratch, &scratch_size) != HS_SUCCESS)
        fail("no memory for scratch");
    printf("%.6f %zu %zu\n", seconds, database_size, scratch_size);
    fflush(stdout);

    for (size_t n, times; scanf("%zu %zu", &n, &times) == 2;) {
        struct texts share = {items.at, n < items.n ? n : items.n};
        uint64_t hits = 0;
        start = cpu_seconds();
        for (size_t i = 0; i < times; i++)
            hits = scan(db, scratch, terms, share);
        printf("%.6f %llu\n", cpu_seconds() - start, (unsigned long long)hits);
        fflush(stdout);
    }
    hs_free_scratch(scratch);
    hs_free_database(db);
    return 0;
}
