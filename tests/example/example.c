/* Prints the fixed points of a model: what a program of yours could start from, in C or in C++. */
#include "gibbsflow/gibbsflow.h"

#include <stdio.h>
#include <stdlib.h>

static gf_status find_points(const gf_model *model, const gf_spectrum *spectrum,
                             const gf_region *region, gf_fixed_points *points, gf_error *error) {
    double *rates = (double *)malloc(gf_model_channels(model) * sizeof(double));
    gf_survey *survey = NULL;
    gf_status status = rates != NULL ? gf_survey_create(spectrum, &survey, error)
                                     : gf_fail_memory(error, "the rates");
    if (status == GF_OK) {
        gf_model_rates(model, rates);
        status = gf_fixed_points_find(survey, region, rates, points, error);
    }
    gf_survey_free(survey);
    free(rates);
    return status;
}

static gf_status print_points(const gf_model *model, const gf_spectrum *spectrum, gf_error *error) {
    gf_region region;
    gf_fixed_points points;
    gf_status status = gf_region_init(&region, spectrum, error);
    if (status != GF_OK) {
        return status;
    }
    status = find_points(model, spectrum, &region, &points, error);
    gf_region_free(&region);
    if (status != GF_OK) {
        return status;
    }
    for (size_t k = 0; k < points.count; ++k) {
        const gf_fixed_point *point = &points.points[k];
        printf("%s: m = %.6f, e = %.6f\n", gf_stability_name(point->stability),
               point->density[GF_MAGNETIZATION], point->density[GF_ENERGY]);
    }
    gf_fixed_points_free(&points);
    return GF_OK;
}

int main(int argc, char **argv) {
    gf_model *model = NULL;
    gf_spectrum *spectrum = NULL;
    gf_error error;
    if (argc != 2) {
        fprintf(stderr, "usage: example MODEL.yaml\n");
        return 2;
    }
    gf_status status = gf_model_read(argv[1], NULL, &model, &error);
    if (status == GF_OK) {
        status = gf_spectrum_compute(model, NULL, &spectrum, &error);
    }
    if (status == GF_OK) {
        status = print_points(model, spectrum, &error);
    }
    if (status != GF_OK) {
        fprintf(stderr, "%s\n", error.message);
    }
    gf_spectrum_free(spectrum);
    gf_model_free(model);
    return status == GF_OK ? 0 : 1;
}
