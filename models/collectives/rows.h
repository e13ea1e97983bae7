#pragma once
// The rows of the catalogue, one function per family; each family's file names its builders.
#include <vector>

#include "models/collectives/catalogue.h"

namespace twinlink::models {

std::vector<Algorithm> rows_all_reduce();
std::vector<Algorithm> rows_shipped();  // kernels and libraries as others ship them
std::vector<Algorithm> rows_moves();  // reduce_scatter, all_gather, all_to_all, broadcast, sendrecv
std::vector<Algorithm> rows_scans();  // exscan and scan

}  // namespace twinlink::models
