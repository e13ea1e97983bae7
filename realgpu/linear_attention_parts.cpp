#include "realgpu/linear_attention_parts.h"

#include <cstring>

#include "realgpu/linear_attention_segments.h"
#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

using T = AttentionTensor;
constexpr std::int64_t kBf16 = 2;
constexpr int kTensors = 8;

int slots_of(int device) {
  int sms = 0;
  TL_CUDA(cudaDeviceGetAttribute(&sms, cudaDevAttrMultiProcessorCount, device));
  return kSegmentsPerSm * sms;
}

void check_device(int device) {
  int major = 0, minor = 0;
  TL_CUDA(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device));
  TL_CUDA(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device));
  if (major != 9 || minor != 0)
    throw UnsupportedError("linear attention on a GPU of compute capability " +
                           std::to_string(major) + "." + std::to_string(minor) +
                           ": its kernels are made for 9.0");
}

}  // namespace

AttentionParts::AttentionParts(int device, const AttentionShape& shape, RankRange ranks, int sp)
    : device_(device),
      shape_(shape),
      ranks_(ranks),
      slopes_(device, 4 * static_cast<std::int64_t>(shape.slopes.size())) {
  if (shape.tokens < kBlockTokens || shape.tokens % kBlockTokens != 0)
    throw UnsupportedError("linear attention on " + std::to_string(shape.tokens) +
                           " tokens per rank: the kernels take multiples of " +
                           std::to_string(kBlockTokens));
  check_device(device);
  const int sequences = ranks.count * shape.sequences();
  const Segments cut = cut_sequence(shape.tokens / kBlockTokens, sequences, slots_of(device));
  segment_ = cut.blocks * kBlockTokens;
  segments_ = cut.count;
  const std::int64_t rows = std::int64_t{sequences} * shape.tokens;
  for (int t = 0; t < kTensors; ++t)
    tensors_.emplace_back(device, rows * width_of(static_cast<T>(t)) * kBf16);
  for (int direction = 0; direction < 2; ++direction) {
    segment_states_.emplace_back(device, std::int64_t{4} * kStateElements * sequences * segments_);
    pointers_.emplace_back(device, std::int64_t{2} * ranks.count * 8);
  }
  const std::vector<float> slopes(shape.slopes.begin(), shape.slopes.end());
  slopes_.upload(slopes.data(), slopes_.bytes());
  fill(sp);
}

void AttentionParts::fill(int sp) const {
  const DeviceScope scope(device_);
  const Stream stream(device_);
  for (int t = 0; t < 4; ++t)
    for (int rank = 0; rank < ranks_.count; ++rank) {
      FillArgs args;
      args.to = at(static_cast<T>(t), rank);
      args.tensor = t;
      args.width = width_of(static_cast<T>(t));
      args.first = std::int64_t{ranks_.first + rank} * shape_.tokens;
      args.total = std::int64_t{sp} * shape_.tokens;
      args.tokens = shape_.tokens;
      args.sequences = shape_.sequences();
      launch_fill(args, stream.get());
    }
  stream.synchronize();
}

void AttentionParts::bind(bool backward, const BoundStates& states) {
  std::vector<float*> all = states.local;
  all.insert(all.end(), states.outer.begin(), states.outer.end());
  pointers_[backward ? 1 : 0].upload(all.data(), static_cast<std::int64_t>(all.size()) * 8);
}

const float* AttentionParts::slopes() const {
  return reinterpret_cast<const float*>(slopes_.data());
}

std::byte* AttentionParts::at(T tensor, int first_rank) const {
  const DeviceBuffer& buffer = tensors_[static_cast<std::size_t>(tensor)];
  return buffer.data() + buffer.bytes() / ranks_.count * first_rank;
}

DirectionStates AttentionParts::states(bool backward, RankRange ranks) const {
  const std::size_t direction = backward ? 1 : 0;
  auto** pointers = reinterpret_cast<float**>(pointers_[direction].data());
  DirectionStates states;
  states.states = reinterpret_cast<float*>(segment_states_[direction].data()) +
                  std::int64_t{ranks.first} * shape_.sequences() * segments_ * kStateElements;
  states.totals = pointers + ranks.first;
  states.outer = pointers + ranks_.count + ranks.first;
  return states;
}

AttentionArgs AttentionParts::args(RankRange ranks) const {
  AttentionArgs args;
  args.q = at(T::q, ranks.first);
  args.k = at(T::k, ranks.first);
  args.v = at(T::v, ranks.first);
  args.dout = at(T::dout, ranks.first);
  args.o = at(T::o, ranks.first);
  args.dq = at(T::dq, ranks.first);
  args.dk = at(T::dk, ranks.first);
  args.dv = at(T::dv, ranks.first);
  args.forward = states(false, ranks);
  args.backward = states(true, ranks);
  args.slopes = slopes();
  args.tokens = shape_.tokens;
  args.segment = segment_;
  args.segments = segments_;
  args.heads = shape_.heads;
  args.per_rank = shape_.sequences();
  args.sequences = ranks.count * args.per_rank;
  return args;
}

void AttentionParts::local_state(bool backward, RankRange ranks, const Stream& stream) const {
  const DeviceScope scope(device_);
  const AttentionArgs all = args(ranks);
  launch_attention(backward ? AttentionPart::query : AttentionPart::state, all, stream.get());
  launch_segment_scan(backward, all, stream.get());
}

void AttentionParts::outputs(bool backward, bool with_outer, RankRange ranks,
                             const Stream& stream) const {
  const DeviceScope scope(device_);
  AttentionArgs all = args(ranks);
  if (!with_outer) (backward ? all.backward : all.forward).outer = nullptr;
  launch_attention(backward ? AttentionPart::key_value : AttentionPart::output, all, stream.get());
}

void AttentionParts::inter(bool backward, RankRange ranks, const Stream& stream) const {
  const DeviceScope scope(device_);
  launch_attention(backward ? AttentionPart::inter_key_value : AttentionPart::inter_output,
                   args(ranks), stream.get());
}

void AttentionParts::poison() const {
  for (std::size_t t = 4; t < kTensors; ++t) tensors_[t].fill(0xFF);
}

std::vector<float> AttentionParts::read(T tensor, int sequence, int first, int count) const {
  const int width = width_of(tensor);
  const std::int64_t row = std::int64_t{sequence} * shape_.tokens + first;
  std::vector<std::uint16_t> raw(static_cast<std::size_t>(count) * static_cast<std::size_t>(width));
  const DeviceScope scope(device_);
  TL_CUDA(cudaMemcpy(raw.data(), at(tensor, 0) + row * width * kBf16, raw.size() * kBf16,
                     cudaMemcpyDeviceToHost));
  std::vector<float> values(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const std::uint32_t bits = std::uint32_t{raw[i]} << 16;
    std::memcpy(&values[i], &bits, sizeof bits);
  }
  return values;
}

}  // namespace twinlink::realgpu
