#include "realgpu/fused_records.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "topology/error.h"

namespace twinlink::realgpu {
namespace {

using models::OpKind;
using models::Slice;

// One step before it is packed.
struct Record {
  StepHead head;
  std::vector<Operand> sources, destinations;
  std::vector<FlagWait> waits;
  std::vector<void*> publications;
  std::vector<void*> signals;  // the counter, and what it raises; or nothing
  [[nodiscard]] std::size_t bytes() const {
    const std::size_t all = sizeof head + sizeof(Operand) * (sources.size() + destinations.size()) +
                            sizeof(FlagWait) * waits.size() +
                            sizeof(void*) * (publications.size() + signals.size());
    return (all + 15) / 16 * 16;
  }
};

template <class T>
std::byte* put(std::byte* at, const std::vector<T>& items) {
  if (!items.empty()) std::memcpy(at, items.data(), items.size() * sizeof(T));
  return at + items.size() * sizeof(T);
}

void pack(Record& record, std::byte* at) {
  StepHead& head = record.head;
  head.sources = static_cast<std::uint16_t>(record.sources.size());
  head.destinations = static_cast<std::uint16_t>(record.destinations.size());
  head.publications = static_cast<std::uint16_t>(record.publications.size());
  head.signals = static_cast<std::uint16_t>(record.signals.empty() ? 0 : record.signals.size() - 1);
  std::memcpy(at, &head, sizeof head);
  at = put(at + sizeof head, record.sources);
  at = put(at, record.destinations);
  at = put(at, record.waits);
  at = put(at, record.publications);
  put(at, record.signals);
}

// The largest power of two, at most 16, that divides all addresses (and sizes, if asked).
int common_width(const Record& record, bool sizes_too) {
  std::uintptr_t bits = 16;
  for (const auto* operands : {&record.sources, &record.destinations})
    for (const Operand& operand : *operands) {
      bits |= reinterpret_cast<std::uintptr_t>(operand.address);
      if (sizes_too) bits |= static_cast<std::uintptr_t>(operand.bytes);
    }
  return static_cast<int>(bits & (~bits + 1));
}

class LaneWriter {
 public:
  LaneWriter(const FusedParts& parts, LaneId lane)
      : parts_(parts), plan_(parts.plan), lane_(lane), gpu_(plan_.gpu_of(plan_.lane(lane).rank)) {}

  LaneProgram run() {
    const std::vector<FusedStep>& steps = parts_.schedule.lanes[lane_.index()];
    std::vector<Record> records;
    std::size_t largest = 0;
    for (std::size_t s = 0; s < steps.size(); ++s) {
      records.push_back(record_of(steps[s], static_cast<std::uint32_t>(s)));
      largest = std::max(largest, records.back().bytes());
    }
    if (largest > kMaxRecordBytes)
      throw UnsupportedError("fused mode: a step of lane " + std::to_string(lane_.value) +
                             " has too many operands and waits (" + std::to_string(largest) +
                             " bytes; at most " + std::to_string(kMaxRecordBytes) + ")");
    LaneProgram program{std::vector<std::byte>(largest * records.size()),
                        static_cast<int>(records.size()), static_cast<int>(largest)};
    for (std::size_t s = 0; s < records.size(); ++s)
      pack(records[s], program.bytes.data() + s * largest);
    return program;
  }

 private:
  Record record_of(const FusedStep& step, std::uint32_t position) const {
    Record record;
    record.head.position = position;
    if (step.op.valid()) describe_op(step.op, record);
    for (const LaneWait& wait : step.before) record.waits.push_back(flag_wait(wait));
    for (const LaneWait& wait : step.after) record.waits.push_back(flag_wait(wait));
    record.head.waits_before = static_cast<std::uint16_t>(step.before.size());
    record.head.waits_after = static_cast<std::uint16_t>(step.after.size());
    for (const std::int32_t gpu : step.tells)
      record.publications.push_back(parts_.boards.flags(lane_, gpu));
    if (!step.signals.empty()) record.signals.push_back(parts_.signals.counter(lane_, position));
    for (const std::int32_t gpu : step.signals)
      record.signals.push_back(parts_.signals.word(lane_, gpu));
    record.head.reach = reach_of(step);
    record.head.one_each = std::all_of(record.waits.begin(), record.waits.end(),
                                       [](const FlagWait& wait) { return wait.blocks <= 1; });
    return record;
  }

  [[nodiscard]] Reach reach_of(const FusedStep& step) const {
    if (!step.signals.empty()) return Reach::system;
    if (step.relaxed) return Reach::relaxed;
    const bool here = std::all_of(step.tells.begin(), step.tells.end(),
                                  [&](std::int32_t gpu) { return gpu == gpu_; });
    return here ? Reach::gpu : Reach::system;
  }

  // How many words are waited for; 0: that of the waiter's own number.
  [[nodiscard]] int blocks_of(const LaneWait& wait) const {
    if (wait.signal) return 1;
    return parts_.schedule.scope.blocks ? 0 : plan_.lane(wait.lane).ctas;
  }

  [[nodiscard]] FlagWait flag_wait(const LaneWait& wait) const {
    FlagWait flag;
    flag.signal = wait.signal;
    flag.flags =
        wait.signal ? parts_.signals.word(wait.lane, gpu_) : parts_.boards.flags(wait.lane, gpu_);
    flag.position = wait.position;
    flag.lane = static_cast<std::uint16_t>(wait.lane.value);
    flag.blocks = static_cast<std::uint16_t>(blocks_of(wait));
    flag.back = wait.back;
    flag.relaxed = wait.relaxed;
    return flag;
  }

  void describe_op(OpId id, Record& record) const {
    const models::Op& op = plan_.op(id);
    record.head.op = id.value;
    record.head.strided = op.split == models::Split::strided;
    record.head.serial = op.order == models::LoadOrder::serial;
    switch (op.kind) {
      case OpKind::copy: describe_copy(id, record); break;
      case OpKind::reduce:
      case OpKind::scan_reduce: describe_fold(id, record); break;
      case OpKind::compute: describe_work(id, record); break;
      case OpKind::barrier: break;
      case OpKind::multimem_reduce:
      case OpKind::multimem_store:
        throw UnsupportedError("op " + std::to_string(id.value) +
                               ": NVLink multicast is never used; --executor sim runs it");
      case OpKind::library:
        throw UnsupportedError("op " + std::to_string(id.value) +
                               ": library calls do not run on GPUs here yet; --executor sim does");
    }
    const std::uint64_t in_line = record.head.ll_sources | record.head.ll_destinations;
    if (in_line != 0) record.head.format = inline_format(parts_.schedule.scope);
    if (in_line != 0 && record.head.word != 16)
      throw UnsupportedError("fused mode: op " + std::to_string(id.value) +
                             " has inline data that are not in whole vectors");
  }

  // Appends slice number `index` of the plan; sets its bit where it is inline.
  void add(std::size_t index, std::vector<Operand>& to, std::uint64_t& in_line) const {
    const Slice& slice = plan_.slices[index];
    std::byte* bank = parts_.boards.bank(index);
    if (to.size() >= kMaxOperands)
      throw UnsupportedError("fused mode: an op with more than " + std::to_string(kMaxOperands) +
                             " sources or destinations");
    if (bank != nullptr) in_line |= std::uint64_t{1} << to.size();
    to.push_back(
        {bank != nullptr ? bank : parts_.memory.address(slice), parts_.memory.bytes(slice)});
  }

  [[nodiscard]] bool lane_is_wide() const { return plan_.lane(lane_).vector_bytes >= 16; }

  void describe_copy(OpId id, Record& record) const {
    const models::Op& op = plan_.op(id);
    StepHead& head = record.head;
    const std::size_t first_destination = op.first_slice + op.sources;
    const std::size_t count = plan_.destinations(id).size();
    head.broadcast = op.sources == 1 && count > 1;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t source = op.first_slice + (op.sources == 1 ? 0 : i);
      if (plan_.slices[source].size.count == 0) continue;
      if (!head.broadcast || i == 0) add(source, record.sources, head.ll_sources);
      add(first_destination + i, record.destinations, head.ll_destinations);
    }
    if (record.destinations.empty()) return;
    head.kind = StepKind::copy;
    const int width = common_width(record, false);
    head.word = static_cast<std::uint8_t>(
        lane_is_wide() && width == 16
            ? 16
            : std::min({8, common_width(record, true), int{plan_.lane(lane_).vector_bytes}}));
  }

  void describe_fold(OpId id, Record& record) const {
    const models::Op& op = plan_.op(id);
    StepHead& head = record.head;
    if (plan_.destinations(id).front().size.count == 0) return;
    head.kind = op.kind == OpKind::scan_reduce ? StepKind::scan : StepKind::fold;
    for (std::size_t i = 0; i < op.sources; ++i)
      add(op.first_slice + i, record.sources, head.ll_sources);
    for (std::size_t i = 0; i < plan_.destinations(id).size(); ++i)
      add(op.first_slice + op.sources + i, record.destinations, head.ll_destinations);
    const Slice& to = plan_.destinations(id).front();
    head.elements = parts_.memory.elements(to);
    const DecayFactors::Table& table = parts_.factors.of(id);
    head.factors = table.factors;
    head.heads = table.heads;
    head.first_element = table.first_element;
    head.state_elements = table.state_elements;
    const std::int64_t per_vector = 16 / (parts_.memory.bytes(to) / head.elements);
    const bool wide =
        lane_is_wide() && common_width(record, false) == 16 && heads_are_wide(head, per_vector);
    head.word = wide ? 16 : 1;
  }

  // No vector spans two heads, and their arithmetic fits 32 bits.
  static bool heads_are_wide(StepHead& head, std::int64_t per_vector) {
    if (head.factors == nullptr || head.heads == 1) return true;
    head.elements_per_head = static_cast<std::uint32_t>(head.state_elements / head.heads);
    return head.state_elements % (head.heads * per_vector) == 0 &&
           head.first_element % per_vector == 0 && head.state_elements < (std::int64_t{1} << 32);
  }

  void describe_work(OpId id, Record& record) const {
    const models::Compute& compute = plan_.computes[plan_.op(id).detail];
    const DeviceBuffer* buffer = parts_.work.on(gpu_);
    TL_ENSURE(buffer != nullptr, "a device with compute ops has a buffer for them");
    record.head.kind = StepKind::work;
    record.head.flops = compute.flops;
    record.head.elements = compute.hbm_bytes.count;
    record.sources.push_back({buffer->data(), buffer->bytes()});
  }

  const FusedParts& parts_;
  const models::Plan& plan_;
  LaneId lane_;
  std::int32_t gpu_;
};

}  // namespace

LaneProgram make_lane_program(const FusedParts& parts, LaneId lane) {
  return LaneWriter(parts, lane).run();
}

}  // namespace twinlink::realgpu
