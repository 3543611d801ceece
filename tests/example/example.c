/* Prints the fixed points of a model: what a program of yours could start from. */
#include "gibbsflow/fixed_points.h"
#include <stdio.h>

int main(int argc, char **argv) {
    gf_model *model = NULL;
    gf_spectrum *spectrum = NULL;
    gf_region region;
    gf_survey *survey;
    gf_fixed_points points;
    gf_error error = {.message = "usage: example MODEL.yaml"};
    double rates[16];

    if (argc != 2 || gf_model_read(argv[1], NULL, &model, &error) != GF_OK ||
        gf_spectrum_compute(model, NULL, &spectrum, &error) != GF_OK ||
        gf_region_init(&region, spectrum, &error) != GF_OK ||
        gf_survey_create(spectrum, &survey, &error) != GF_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    gf_model_rates(model, rates); /* this model has at most 16 channels */
    if (gf_fixed_points_find(survey, &region, rates, &points, &error) == GF_OK) {
        for (size_t k = 0; k < points.count; ++k) {
            printf("%s: m = %.6f, e = %.6f\n", gf_stability_name(points.points[k].stability),
                   points.points[k].density[0], points.points[k].density[1]);
        }
    }
    gf_fixed_points_free(&points);
    gf_survey_free(survey);
    gf_region_free(&region);
    gf_spectrum_free(spectrum);
    gf_model_free(model);
    return 0;
}
