#include "realgpu/realgpu.h"

#include <doctest/doctest.h>

#include "topology/error.h"

using namespace twinlink;

TEST_CASE("devices are described, or why there is none") {
  const realgpu::DeviceInfo info = realgpu::describe_devices();
  CHECK(info.devices >= 0);
  CHECK_FALSE(info.description.empty());
}

TEST_CASE("without a device the executor is refused, not half made") {
  if (realgpu::describe_devices().devices > 0) {
    MESSAGE("skipped: this machine has a CUDA device");
    return;
  }
  std::string message;
  try {
    realgpu::make_realgpu({});
  } catch (const UnsupportedError& error) {
    message = error.what();
  }
  CHECK_MESSAGE(message.find("executor realgpu: ") == 0, message);
  CHECK_MESSAGE(message.find("CUDA") != std::string::npos, message);
}
