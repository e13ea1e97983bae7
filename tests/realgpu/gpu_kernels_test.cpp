// Kernels alone, against plain loops. Skipped without a device.
#include <algorithm>
#include <cmath>

#include "realgpu/clock_alignment.h"
#include "realgpu/device_buffer.h"
#include "realgpu/kernels.h"
#include "realgpu/peer_access.h"
#include "realgpu/stream.h"
#include "tests/realgpu/gpu_support.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::realgpu;
using twinlink::testing::no_device;

namespace {

LaunchShape shape(int ctas, int threads, int loads) {
  LaunchShape result;
  result.ctas = ctas;
  result.threads = threads;
  result.loads = loads;
  return result;
}

std::vector<float> numbers(std::size_t count, int seed) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = static_cast<float>((i * 7 + static_cast<std::size_t>(seed) * 13) % 101);
  return values;
}

std::vector<float> download(const DeviceBuffer& buffer, std::size_t count) {
  std::vector<float> values(count);
  buffer.download(values.data(), static_cast<std::int64_t>(count * sizeof(float)));
  return values;
}

}  // namespace

TEST_CASE("copy: many pairs of different sizes and alignments, nothing beside them") {
  if (no_device()) return;
  const std::vector<std::int64_t> sizes{4096, 0, 20, 4100, 64, 12, 8, 16, 400};
  const Stream stream(0);
  const DeviceBuffer from(0, 64 << 10);
  const DeviceBuffer to(0, 64 << 10);
  const std::vector<float> given = numbers(16 << 10, 1);
  from.upload(given.data(), from.bytes());
  for (const int loads : {1, 2, 4, 8})
    for (const std::int64_t skew : {0, 4}) {
      to.fill(0xFF);
      CopyArgs args;
      std::int64_t at = skew;
      std::vector<std::uint8_t> covered(static_cast<std::size_t>(to.bytes()), 0);
      for (const std::int64_t size : sizes) {
        args.sources[args.pairs] = from.data() + at;
        args.destinations[args.pairs] = to.data() + at;
        args.bytes[args.pairs++] = size;
        std::fill_n(covered.begin() + at, size, std::uint8_t{1});
        at += (size + 15) / 16 * 16 + 16;
      }
      launch_copy(args, shape(3, 64, loads), stream.get());
      stream.synchronize();
      std::vector<std::uint8_t> got(covered.size());
      to.download(got.data(), to.bytes());
      const auto* want = reinterpret_cast<const std::uint8_t*>(given.data());
      int wrong = 0;
      for (std::size_t i = 0; i < got.size(); ++i)
        wrong += got[i] != (covered[i] != 0 ? want[i] : 0xFF);
      CAPTURE(loads);
      CAPTURE(skew);
      CHECK(wrong == 0);
    }
}

TEST_CASE("copy: one source to several destinations") {
  if (no_device()) return;
  const Stream stream(0);
  constexpr std::size_t kCount = 5'001;
  const std::vector<float> given = numbers(kCount, 2);
  const auto bytes = static_cast<std::int64_t>(kCount * sizeof(float));
  const DeviceBuffer from(0, bytes);
  const DeviceBuffer first(0, bytes);
  const DeviceBuffer second(0, bytes);
  from.upload(given.data(), bytes);
  CopyArgs args;
  args.sources[0] = from.data();
  args.bytes[0] = bytes;
  args.destinations[0] = first.data();
  args.destinations[1] = second.data();
  args.pairs = 2;
  args.broadcast = true;
  launch_copy(args, shape(5, 128, 4), stream.get());
  stream.synchronize();
  CHECK(download(first, kCount) == given);
  CHECK(download(second, kCount) == given);
}

TEST_CASE("fold: factors by head, any number of sources, any split, in place") {
  if (no_device()) return;
  const Stream stream(0);
  constexpr int kHeads = 3;
  for (const std::size_t count : {std::size_t{4'800}, std::size_t{4'801}})
    for (const int sources : {0, 1, 2, 5, 9})
      for (const int loads : {1, 2, 4, 8})
        for (const bool strided : {false, true}) {
          const auto bytes = static_cast<std::int64_t>(count * sizeof(float));
          std::vector<float> want(count, 0.0f);
          std::vector<float> factors;
          std::vector<DeviceBuffer> buffers;
          FoldArgs args;
          for (int s = 0; s < sources; ++s) {
            const std::vector<float> given = numbers(count, s);
            buffers.emplace_back(0, bytes);
            buffers.back().upload(given.data(), bytes);
            args.sources[args.source_count++] = buffers.back().data();
            for (int h = 0; h < kHeads; ++h) factors.push_back(static_cast<float>(s + h) * 0.5f);
            for (std::size_t e = 0; e < count; ++e)
              want[e] +=
                  factors[static_cast<std::size_t>(s) * kHeads + e * kHeads / count] * given[e];
          }
          const DeviceBuffer table(0,
                                   static_cast<std::int64_t>(factors.size() * sizeof(float)) + 4);
          if (sources > 0)
            table.upload(factors.data(), static_cast<std::int64_t>(factors.size() * sizeof(float)));
          const DeviceBuffer result(0, bytes);
          result.fill(0xFF);
          args.destinations[args.destination_count++] = result.data();
          if (sources > 0) args.destinations[args.destination_count++] = args.sources[0];
          args.elements = static_cast<std::int64_t>(count);
          args.factors = sources > 0 ? table.data() : nullptr;
          args.heads = kHeads;
          args.state_elements = args.elements;
          LaunchShape launch = shape(7, 96, loads);
          launch.strided = strided;
          launch.serial = sources == 5;
          launch_fold(Scalar::fp32, args, launch, stream.get());
          stream.synchronize();
          CAPTURE(count);
          CAPTURE(sources);
          CAPTURE(loads);
          // Small integers and halves: every product and sum is exact.
          CHECK(download(result, count) == want);
          if (sources > 0) CHECK(download(buffers.front(), count) == want);
        }
}

TEST_CASE("fold: whatever is not a kernel is refused") {
  if (no_device()) return;
  const Stream stream(0);
  FoldArgs args;
  CHECK_THROWS_AS(launch_fold(Scalar::fp32, args, shape(1, 64, 3), stream.get()), UnsupportedError);
  CHECK_THROWS_AS(launch_fold(Scalar::fp32, args, shape(1, 1024, 8), stream.get()),
                  UnsupportedError);
  args.source_count = kMaxOperands + 1;
  CHECK_THROWS_AS(launch_fold(Scalar::fp32, args, shape(1, 64, 1), stream.get()), UnsupportedError);
}

TEST_CASE("clocks of two devices: aligned twice, the same offset") {
  if (no_device()) return;
  if (realgpu::describe_devices().devices < 2) {
    MESSAGE("skipped: one device");
    return;
  }
  enable_peer_access({0, 1});
  const ClockAlignment once = align_clocks(0, 1);
  const ClockAlignment again = align_clocks(0, 1);
  CHECK(once.round_trip_ns > 0);
  // Stated uncertainty of each: 0.5 us beside the timer's step; crystals drift by less than 1 us
  // in the milliseconds between.
  CHECK(std::abs(static_cast<double>(once.offset_ns - again.offset_ns)) <
        1'000 + 1'000 + 2 * timer_resolution_ns(0));
}
