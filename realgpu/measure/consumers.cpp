#include "realgpu/measure/consumers.h"

#include "realgpu/measure/read_kernel.h"

namespace twinlink::realgpu {
namespace {

struct Ends {
  const std::byte* from;
  std::byte* to;
};

Ends ends_of(const PairBench& bench, Path path, int slot) {
  const std::int64_t at = slot * kConsumerBytes;
  switch (path) {
    case Path::pull: return {bench.peer.data() + at, bench.beside.data() + at};
    case Path::push: return {bench.own.data() + at, bench.peer_beside.data() + at};
    case Path::local: return {bench.own.data() + at, bench.beside.data() + at};
  }
  return {};
}

std::string name_of(Path path) {
  switch (path) {
    case Path::pull: return "pull";
    case Path::push: return "push";
    case Path::local: return "local";
  }
  return "";
}

std::string text_of(const LaunchShape& shape) {
  return std::to_string(shape.ctas) + "x" + std::to_string(shape.threads) + "x" +
         std::to_string(shape.loads);
}

}  // namespace

Consumer engine_consumer(const PairBench& bench, Path path, int slot) {
  const Ends ends = ends_of(bench, path, slot);
  return {
      "copy_" + name_of(path),
      {static_cast<double>(kConsumerBytes), 0},
      [ends](const Stream& stream) { copy_by_engine(stream, ends.from, ends.to, kConsumerBytes); }};
}

Consumer sm_consumer(const PairBench& bench, Path path, const LaunchShape& shape, int slot) {
  const Ends ends = ends_of(bench, path, slot);
  return {"sm_" + name_of(path) + " " + text_of(shape),
          {static_cast<double>(kConsumerBytes), 0},
          [ends, shape](const Stream& stream) {
            copy_by_sms(stream, ends.from, ends.to, shape, kConsumerBytes);
          }};
}

Consumer read_consumer(const PairBench& bench, const LaunchShape& shape, int slot) {
  const ReadArgs args{bench.own.data() + slot * kConsumerBytes, read_bytes(kConsumerBytes, shape),
                      reinterpret_cast<float*>(bench.peer_beside.data())};
  return {"hbm_read " + text_of(shape),
          {static_cast<double>(args.bytes), 0},
          [args, shape](const Stream& stream) {
            const DeviceScope scope(stream.device());
            launch_read(args, shape, stream.get());
          }};
}

}  // namespace twinlink::realgpu
