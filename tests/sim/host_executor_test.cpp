#include "sim/host_executor.h"

#include <doctest/doctest.h>
