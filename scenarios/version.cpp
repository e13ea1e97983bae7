#include "scenarios/version.h"

namespace twinlink::scenarios {

std::string version() {
  const std::string commit = TL_COMMIT;
  return commit.empty() ? TL_VERSION : TL_VERSION "+" + commit;
}

bool built_with_cuda() { return TL_BUILT_WITH_CUDA != 0; }

}  // namespace twinlink::scenarios
