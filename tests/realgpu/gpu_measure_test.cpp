// Every suite on real devices, cut short: sets with samples, no wrong number, no failed call.
#include "realgpu/measure/measure.h"
#include "realgpu/quantile.h"
#include "tests/realgpu/gpu_support.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::testing;

TEST_CASE("suites have names of their own, and are found by them") {
  for (const realgpu::Suite& suite : realgpu::suites()) {
    CHECK(realgpu::find_suite(suite.name) == &suite);
    CHECK(suite.devices >= 1);
  }
  CHECK(realgpu::find_suite("nothing") == nullptr);
}

TEST_CASE("a suite without enough devices is refused with both numbers") {
  const int devices = realgpu::describe_devices().devices;
  if (devices >= 2) {
    MESSAGE("skipped: this machine has " << devices << " devices");
    return;
  }
  CHECK_THROWS_AS(realgpu::measure(*realgpu::find_suite("links"), {}), UnsupportedError);
}

TEST_CASE("every suite, cut after a second, has sets with positive times") {
  if (no_device() || stream_only()) return;
  for (const realgpu::Suite& suite : realgpu::suites()) {
    CAPTURE(std::string(suite.name));
    if (realgpu::describe_devices().devices < suite.devices) {
      MESSAGE("skipped: it needs " << suite.devices << " devices");
      continue;
    }
    realgpu::MeasureOptions options;
    options.quick = true;
    options.limit_s = 1;
    const realgpu::Measurement found = realgpu::measure(suite, options);
    CHECK(!found.sets.empty());
    CHECK(found.wrong.empty());
    CHECK(found.failed.empty());
    for (const realgpu::SampleSet& set : found.sets) {
      CAPTURE(std::get<std::string>(set.what.front().second));
      CHECK(realgpu::quantile(set.seconds, 0.5) > 0);
      CHECK(!set.method.empty());
    }
  }
}
