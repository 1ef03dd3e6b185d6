#include "courier.h"
#include "sim/plug/export_party.h"

HOLDFAST_EXPORT_PARTIES(courier::Client, courier::Server, "courier", 0)
