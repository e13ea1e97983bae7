#pragma once
// What the two files of dp_attention share.
#include "models/workloads/dp_attention.h"

namespace twinlink::models {

// Throws InputError with all issues.
void check_request(const DpAttentionRequest& request);

}  // namespace twinlink::models
