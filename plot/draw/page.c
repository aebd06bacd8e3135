// page.c - see page.h.
#include "page.h"

#include "svg_text.h"
#include "read/palette.h"
#include "ground/args.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <errno.h>
#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

Status page_kind(const char *path, PageKind *kind) {
    static const char *const ending[] = {".pdf", ".png", ".svg"};
    size_t n = strlen(path);
    for (int i = 0; i < 3; i++)
        if (n > 4 && !strcmp(path + n - 4, ending[i])) {
            *kind = (PageKind)i;
            return OK;
        }
    return fail(BAD_INPUT, "-o %s: unknown kind of file, expected a name ending in .pdf, .png or .svg", path);
}

static cairo_status_t to_file(void *file, const unsigned char *data, unsigned length) {
    return fwrite(data, 1, length, file) == length ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static cairo_surface_t *new_surface(Page *p, double width, double height) {
    if (p->kind == PAGE_SVG) return cairo_svg_surface_create_for_stream(svg_text_stream, p->texts, width, height);
    if (p->kind == PAGE_PNG) {
        double scale = p->dpi / 72;
        cairo_surface_t *s =
            cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)lround(width * scale), (int)lround(height * scale));
        cairo_surface_set_device_scale(s, scale, scale);
        return s;
    }
    cairo_surface_t *s = cairo_pdf_surface_create_for_stream(to_file, p->out.file, width, height);
    // cairo would stamp the clock.
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_CREATOR, "moeplot " MOELAW_VERSION);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_TITLE, p->from.title);
    cairo_pdf_surface_set_metadata(s, CAIRO_PDF_METADATA_SUBJECT, p->from.source);
    return s;
}

Status page_open(Page *p, const char *path, double width, double height, double dpi, Provenance from) {
    *p = (Page){.dpi = dpi, .from = from};
    TRY(page_kind(path, &p->kind));
    TRY(output_open(&p->out, path));
    if (p->kind == PAGE_SVG) p->texts = svg_text_new();
    p->surface = new_surface(p, width, height);
    p->cr = cairo_create(p->surface);
    if (p->texts) svg_text_watch(p->texts, p->cr);
    Rgb paper = palette_paper();
    bool white = paper.r + paper.g + paper.b > 2.99; // a white page needs no rectangle in PDF and SVG
    if (p->kind == PAGE_PNG || !white) {
        cairo_set_source_rgb(p->cr, paper.r, paper.g, paper.b);
        cairo_paint(p->cr);
    }
    return OK;
}

static void png_problem(png_structp png, png_const_charp text) {
    (void)fail(CANNOT_FINISH, "PNG: %s", text); // returned where the jump ends
    longjmp(png_jmpbuf(png), 1);
}

static void set_text(png_structp png, png_infop info, char *key, const char *value) {
    char *copy = copy_text(value);
    png_text text;
    memset(&text, 0, sizeof text);
    text.compression = PNG_TEXT_COMPRESSION_NONE;
    text.key = key;
    text.text = copy;
    png_set_text(png, info, &text, 1);
    free(copy);
}

static void write_rows(png_structp png, const Page *p, unsigned char *row) {
    int w = cairo_image_surface_get_width(p->surface), h = cairo_image_surface_get_height(p->surface);
    const unsigned char *data = cairo_image_surface_get_data(p->surface);
    for (int y = 0; y < h; y++) {
        const unsigned char *from = data + (size_t)y * (size_t)cairo_image_surface_get_stride(p->surface);
        for (int x = 0; x < w; x++) {
            uint32_t pixel; // native order: 0x00RRGGBB
            memcpy(&pixel, from + 4 * x, sizeof pixel);
            row[3 * x] = (unsigned char)(pixel >> 16);
            row[3 * x + 1] = (unsigned char)(pixel >> 8);
            row[3 * x + 2] = (unsigned char)pixel;
        }
        png_write_row(png, row);
    }
}

static Status write_png(const Page *p) {
    int w = cairo_image_surface_get_width(p->surface), h = cairo_image_surface_get_height(p->surface);
    unsigned char *row = allocate(3 * (size_t)w, 1);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, png_problem, NULL);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    Status s = info ? OK : fail(CANNOT_FINISH, "PNG: no memory");
    if (info && setjmp(png_jmpbuf(png))) {
        s = CANNOT_FINISH; // png_problem() has said why
    } else if (info) {
        png_init_io(png, p->out.file);
        png_set_IHDR(png, info, (png_uint_32)w, (png_uint_32)h, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
        png_uint_32 per_meter = (png_uint_32)lround(p->dpi / 0.0254);
        png_set_pHYs(png, info, per_meter, per_meter, PNG_RESOLUTION_METER);
        set_text(png, info, "Title", p->from.title);
        set_text(png, info, "Software", "moeplot " MOELAW_VERSION);
        set_text(png, info, "Source", p->from.source);
        png_write_info(png, info);
        write_rows(png, p, row);
        png_write_end(png, info);
    }
    png_destroy_write_struct(&png, &info);
    free(row);
    return s;
}

void page_discard(Page *p) {
    cairo_destroy(p->cr);
    cairo_surface_destroy(p->surface);
    svg_text_free(p->texts);
    output_discard(&p->out);
}

Status page_commit(Page *p) {
    cairo_status_t status = cairo_status(p->cr); // what failed on the way, memory for instance
    cairo_destroy(p->cr);
    cairo_surface_flush(p->surface);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(p->surface);
    Status s = OK;
    if (status == CAIRO_STATUS_SUCCESS && p->kind == PAGE_PNG) s = write_png(p);
    cairo_surface_finish(p->surface);
    if (status == CAIRO_STATUS_SUCCESS) status = cairo_surface_status(p->surface);
    cairo_surface_destroy(p->surface);
    if (status == CAIRO_STATUS_SUCCESS && p->texts && !svg_text_write(p->texts, p->out.file))
        status = CAIRO_STATUS_WRITE_ERROR;
    svg_text_free(p->texts);
    if (s == OK && status != CAIRO_STATUS_SUCCESS)
        s = fail(CANNOT_FINISH, "%s: cannot draw: %s%s", p->out.path, cairo_status_to_string(status),
                 status == CAIRO_STATUS_WRITE_ERROR ? "; is the disk full?" : "");
    if (s == OK) return output_commit(&p->out);
    output_discard(&p->out);
    return s;
}
