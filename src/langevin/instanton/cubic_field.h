/* The equations of one field as fluctuating fields: f = linear m - cubic m^3 and constant noises.
 */
#ifndef GIBBSFLOW_LANGEVIN_INSTANTON_CUBIC_FIELD_H
#define GIBBSFLOW_LANGEVIN_INSTANTON_CUBIC_FIELD_H

#include "langevin/equation/equation.h"
#include "langevin/instanton/fluctuating_field.h"

/* The numbers must outlive the field. */
gf_fluctuating_field gf_cubic_field(const gf_scalar *numbers, bool has_space);

#endif
