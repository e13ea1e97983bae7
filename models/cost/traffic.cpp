#include "models/cost/traffic.h"

#include <algorithm>
#include <bit>

#include "models/cost/op_shape.h"
#include "topology/error.h"

namespace twinlink::models {
namespace {

Bytes largest(std::span<const Slice> slices) {
  Bytes most;
  for (const Slice& slice : slices) most = std::max(most, slice.size);
  return most;
}

double ratio(const Slice& slice, Bytes payload) {
  if (slice.size == payload) return 1;
  return static_cast<double>(slice.size.count) / static_cast<double>(payload.count);
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
  return hash ^ (hash >> 29);
}

bool is_branch(const Traffic& traffic) {
  return traffic.carrier == Carrier::switch_reduce || traffic.carrier == Carrier::switch_store;
}

// Of a resource of the GPU itself.
bool is_own(const Traffic& traffic) {
  return traffic.carrier == Carrier::memory || traffic.carrier == Carrier::sms;
}

// One past the last entry that belongs to the tree of entry `first`.
std::size_t end_of_tree(std::span<const Traffic> traffic, std::size_t first) {
  std::size_t end = first + 1;
  if (!is_branch(traffic[first])) return end;
  while (end < traffic.size() && traffic[end].carrier == traffic[first].carrier) ++end;
  return end;
}

struct ReadPlan {
  const Plan& plan;
  Fabric& fabric;
  const std::vector<std::int32_t>& gpu_of_buffer;
  const MemoryView& memory;
};

// Collects what the slices of one op move.
class Collector {
 public:
  Collector(const ReadPlan& read, OpId id, std::vector<Traffic>& traffic)
      : read_(read),
        traffic_(traffic),
        op_(read.plan.op(id)),
        lane_(read.plan.lane(op_.lane)),
        home_(read.plan.gpu_of(lane_.rank)),
        wire_(inline_edge(read.plan, id)) {}

  TrafficShape collect(std::span<const Slice> sources, std::span<const Slice> destinations) {
    shape_.payload = sources.empty() ? largest(destinations) : largest(sources);
    shape_.cached = is_resident(home_);
    if (shape_.payload.count == 0) return shape_;
    if (lane_.engine != Engine::sm)
      straight(sources, destinations);
    else
      through_sms(sources, destinations);
    turn_round();
    if (!branches_.empty()) traffic_.insert(traffic_.end(), branches_.begin(), branches_.end());
    return shape_;
  }

 private:
  [[nodiscard]] std::int32_t gpu(const Slice& slice) const {
    return read_.gpu_of_buffer[slice.buffer.index()];
  }

  void memory(std::int32_t gpu_index, double amount) {
    if (!read_.memory.wanted) return;
    const double share = is_resident(gpu_index) ? read_.memory.resident_share : 1;
    traffic_.push_back({gpu_index, gpu_index, Carrier::memory, Edge::flag_relaxed, amount * share});
  }

  [[nodiscard]] bool is_resident(std::int32_t gpu_index) const {
    return !read_.memory.resident.empty() &&
           read_.memory.resident[static_cast<std::size_t>(gpu_index)];
  }

  [[nodiscard]] bool is_in_l1(const Slice& slice) const {
    const std::vector<bool>& again = read_.memory.again;
    return !again.empty() && again[static_cast<std::size_t>(&slice - read_.plan.slices.data())];
  }

  void travel(std::int32_t from, std::int32_t to, Carrier carrier, double amount) {
    traffic_.push_back({from, to, carrier, wire_, amount});
    const FabricDelay delay = read_.fabric.delay(from, to);
    shape_.route_latency = std::max(shape_.route_latency, delay.latency);
    shape_.crosses_nic |= delay.crosses_nic;
  }

  void through_sms(std::span<const Slice> sources, std::span<const Slice> destinations) {
    const OpKind kind = op_.kind;
    const bool multicast = kind == OpKind::multimem_store ||
                           (kind == OpKind::multimem_reduce && destinations.size() > 1);
    if (kind == OpKind::multimem_reduce)
      for (const Slice& slice : sources) branch(slice, gpu(slice), home_, Carrier::switch_reduce);
    else
      for (const Slice& slice : sources) load(slice);
    for (const Slice& slice : destinations)
      if (multicast)
        branch(slice, home_, gpu(slice), Carrier::switch_store);
      else
        store(slice);
  }

  void load(const Slice& slice) {
    if (slice.size.count == 0) return;
    const double amount = ratio(slice, shape_.payload);
    shape_.loaded += amount;
    ++shape_.sources;
    if (gpu(slice) != home_) ++shape_.remote_sources;
    if (!is_resident(gpu(slice))) shape_.uncached_peers += gpu(slice) != home_ ? 1 : 0;
    if (is_in_l1(slice)) return;
    memory(gpu(slice), amount);
    if (gpu(slice) == home_) return void(shape_.loaded_here += amount);
    travel(gpu(slice), home_, Carrier::pull, amount);
  }

  // HBM goes over from reads to writes and back; most often where there is as much of both.
  void turn_round() {
    const double all = shape_.loaded_here + shape_.stored_here;
    if (all <= 0 || is_resident(home_)) return;
    shape_.turned = read_.memory.turn * 4 * shape_.loaded_here * shape_.stored_here / all;
    if (shape_.turned > 0) memory(home_, shape_.turned);
  }

  void store(const Slice& slice) {
    if (slice.size.count == 0) return;
    const double amount = ratio(slice, shape_.payload);
    memory(gpu(slice), amount);
    shape_.stored += amount;
    if (gpu(slice) == home_) return void(shape_.stored_here += amount);
    travel(home_, gpu(slice), Carrier::push, amount);
    ++shape_.remote_destinations;
  }

  // One member's part of a sum or multicast in the switch; the own GPU's bytes travel as well.
  void branch(const Slice& slice, std::int32_t from, std::int32_t to, Carrier carrier) {
    if (slice.size.count == 0) return;
    shape_.in_switch = true;
    const double amount = ratio(slice, shape_.payload);
    memory(gpu(slice), amount);
    branches_.push_back({from, to, carrier, wire_, amount});
    if (from != to)
      shape_.route_latency = std::max(shape_.route_latency, read_.fabric.delay(from, to).latency);
  }

  void straight(std::span<const Slice> sources, std::span<const Slice> destinations) {
    for (std::size_t i = 0; i < destinations.size(); ++i) {
      const Slice& source = sources[sources.size() == 1 ? 0 : i];
      if (destinations[i].size.count == 0) continue;
      const double amount = ratio(destinations[i], shape_.payload);
      memory(gpu(source), amount);
      memory(gpu(destinations[i]), amount);
      if (gpu(source) == gpu(destinations[i])) continue;
      travel(gpu(source), gpu(destinations[i]),
             lane_.engine == Engine::nic ? Carrier::nic : Carrier::copy_engine, amount);
      ++(gpu(source) == home_ ? shape_.remote_destinations : shape_.remote_sources);
    }
  }

  const ReadPlan& read_;
  std::vector<Traffic>& traffic_;
  std::vector<Traffic> branches_;  // appended last, so that those of one tree stand together
  const Op& op_;
  const Lane& lane_;
  std::int32_t home_;
  Edge wire_;
  TrafficShape shape_;
};

}  // namespace

TrafficReader::TrafficReader(const Plan& plan, Fabric& fabric, MemoryView memory)
    : plan_(plan), fabric_(fabric), memory_(std::move(memory)) {
  for (const Buffer& buffer : plan.buffers) gpu_of_buffer_.push_back(plan.gpu_of(buffer.rank));
}

TrafficShape TrafficReader::describe(OpId id, std::vector<Traffic>& traffic) const {
  traffic.clear();
  const ReadPlan read{plan_, fabric_, gpu_of_buffer_, memory_};
  return Collector(read, id, traffic).collect(plan_.sources(id), plan_.destinations(id));
}

PatternTable::PatternTable(Fabric& fabric, const CalibrationProfile& profile)
    : fabric_(fabric), profile_(profile), patterns_(1), recent_(fabric.gpus(), 0), slots_(1024) {
  TL_ENSURE(fabric.gpus() < std::size_t{1} << 24, "Packed has room for every GPU");
}

PatternTable::Packed PatternTable::pack(const Traffic& t) {
  const auto from = static_cast<std::uint64_t>(t.from_gpu);
  const auto to = static_cast<std::uint64_t>(t.to_gpu);
  return {from << 40 | to << 16 | static_cast<std::uint64_t>(t.carrier) << 8 |
              static_cast<std::uint64_t>(t.wire),
          std::bit_cast<std::uint64_t>(t.ratio)};
}

std::uint32_t PatternTable::hash_of(std::span<const Packed> traffic) {
  std::uint64_t hash = traffic.size();
  for (const Packed& t : traffic) hash = mix(mix(hash, t.way), t.ratio);
  return static_cast<std::uint32_t>(hash);
}

std::span<const Use> PatternTable::keep_uses() {
  constexpr std::size_t kBlock = 1024;
  if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < uses_.size())
    blocks_.emplace_back().reserve(std::max(kBlock, uses_.size()));
  std::vector<Use>& block = blocks_.back();
  block.insert(block.end(), uses_.begin(), uses_.end());
  return std::span(block).last(uses_.size());
}

bool PatternTable::is_wanted(std::int32_t index) const {
  const auto i = static_cast<std::size_t>(index);
  const std::size_t end =
      i + 1 < patterns_.size() ? patterns_[i + 1].first_traffic : traffic_.size();
  const auto known =
      std::span(traffic_).subspan(patterns_[i].first_traffic, end - patterns_[i].first_traffic);
  return std::equal(known.begin(), known.end(), packed_.begin(), packed_.end());
}

std::int32_t PatternTable::intern(std::span<const Traffic> traffic) {
  if (traffic.empty()) return 0;
  packed_.clear();
  for (const Traffic& t : traffic) packed_.push_back(pack(t));
  std::int32_t& recent = recent_[static_cast<std::size_t>(traffic.front().from_gpu)];
  if (recent == 0 || !is_wanted(recent)) recent = find_or_add(traffic);
  return recent;
}

std::int32_t PatternTable::find_or_add(std::span<const Traffic> traffic) {
  const std::uint32_t hash = hash_of(packed_);
  std::size_t slot = hash & (slots_.size() - 1);
  for (; slots_[slot].pattern != 0; slot = (slot + 1) & (slots_.size() - 1))
    if (slots_[slot].hash == hash && is_wanted(slots_[slot].pattern)) return slots_[slot].pattern;
  slots_[slot] = {add(traffic), hash};
  const std::int32_t added = slots_[slot].pattern;
  if (4 * patterns_.size() > 3 * slots_.size()) grow();
  return added;
}

std::int32_t PatternTable::add(std::span<const Traffic> traffic) {
  uses_.clear();
  for (std::size_t i = 0, end = 0; i < traffic.size(); i = end) {
    end = end_of_tree(traffic, i);
    if (is_branch(traffic[i]))
      add_tree_uses(traffic.subspan(i, end - i));
    else if (is_own(traffic[i]))
      add_own_use(traffic[i]);
    else
      add_link_uses(traffic[i]);
  }
  merge_uses();
  const std::span<const Use> kept = keep_uses();
  patterns_.push_back({kept.data(), static_cast<std::uint32_t>(kept.size()),
                       static_cast<std::uint32_t>(traffic_.size())});
  traffic_.insert(traffic_.end(), packed_.begin(), packed_.end());
  return static_cast<std::int32_t>(patterns_.size() - 1);
}

void PatternTable::grow() {
  std::vector<Slot> before(2 * slots_.size());
  before.swap(slots_);
  for (const Slot& known : before) {
    if (known.pattern == 0) continue;
    std::size_t slot = known.hash & (slots_.size() - 1);
    while (slots_[slot].pattern != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = known;
  }
}

void PatternTable::add_own_use(const Traffic& traffic) {
  const bool has_hbm = profile_.hbm.value > 0;
  if (traffic.carrier == Carrier::memory && !has_hbm) return;
  std::size_t first = fabric_.size();
  if (traffic.carrier == Carrier::sms && has_hbm) first += fabric_.gpus();
  uses_.push_back({static_cast<std::int32_t>(first) + traffic.from_gpu, traffic.ratio});
}

// Wire bytes along the route and back, per byte that travels.
PatternTable::Wire PatternTable::wire_of(const Traffic& traffic, bool crosses_nic) const {
  Wire wire{profile_.wire_copy.value, 0};
  if (traffic.carrier == Carrier::pull)
    wire = {profile_.wire_pull.value, profile_.wire_pull_request.value};
  if (traffic.carrier == Carrier::push)
    wire = {profile_.wire_push.value, profile_.wire_push_ack.value};
  if (crosses_nic || traffic.carrier == Carrier::nic) wire = {profile_.wire_nic.value, 0};
  if (traffic.wire == Edge::inline_ll) wire.forward *= profile_.wire_ll.value;
  if (traffic.wire == Edge::inline_ll128) wire.forward *= profile_.wire_ll128.value;
  return wire;
}

void PatternTable::add_link_uses(const Traffic& traffic) {
  const FabricRoute& there = fabric_.route(traffic.from_gpu, traffic.to_gpu);
  const Wire wire = wire_of(traffic, there.crosses_nic);
  for (const FabricUse& use : there.uses)
    uses_.push_back({use.resource, use.share * wire.forward * traffic.ratio});
  if (wire.back <= 0) return;
  for (const FabricUse& use : fabric_.route(traffic.to_gpu, traffic.from_gpu).uses)
    uses_.push_back({use.resource, use.share * wire.back * traffic.ratio});
}

// Each link of the tree carries the bytes once, whatever the number of branches through it.
void PatternTable::add_tree_uses(std::span<const Traffic> branches) {
  std::vector<GpuPair> pairs;
  for (const Traffic& t : branches) pairs.push_back({t.from_gpu, t.to_gpu});
  const double per_byte = profile_.wire_multimem.value * branches.front().ratio;
  for (const FabricUse& use : fabric_.tree(pairs))
    uses_.push_back({use.resource, use.share * per_byte});
}

void PatternTable::merge_uses() {
  const auto begin = uses_.begin();
  std::stable_sort(begin, uses_.end(),
                   [](const Use& a, const Use& b) { return a.resource < b.resource; });
  auto out = begin;
  for (auto in = begin; in != uses_.end(); ++in) {
    if (out != begin && std::prev(out)->resource == in->resource)
      std::prev(out)->per_byte += in->per_byte;
    else
      *out++ = *in;
  }
  uses_.erase(out, uses_.end());
}

std::size_t PatternTable::memory_bytes() const {
  std::size_t uses = 0;
  for (const std::vector<Use>& block : blocks_) uses += block.capacity();
  return uses * sizeof(Use) + traffic_.capacity() * sizeof(Packed) +
         patterns_.capacity() * sizeof(Pattern) + recent_.capacity() * sizeof(recent_[0]) +
         slots_.capacity() * sizeof(Slot);
}

}  // namespace twinlink::models
