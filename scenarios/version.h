#pragma once
// What this program is: version, commit it was configured from, and whether it was built with CUDA.
#include <string>

namespace twinlink::scenarios {

std::string version();  // "0.1.0+1a2b3c4d", or "0.1.0" where the commit is not known
bool built_with_cuda();

}  // namespace twinlink::scenarios
