#include "scenarios/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using models::Plan;
using models::Timeline;

constexpr std::size_t kPiece = 1 << 16;

std::string json_string(std::string_view text) { return nlohmann::json(text).dump(); }

// Picoseconds as microseconds, exactly.
std::string micros(std::int64_t ps) {
  return fmt::format("{}.{:06}", ps / 1'000'000, ps % 1'000'000);
}

// Which slot of its lane each op occupies: the first that is free when it starts.
struct Slots {
  std::vector<std::int32_t> of_op;
  std::vector<std::int32_t> first_tid;  // per lane; its slots have consecutive thread ids
  std::vector<std::int32_t> count;      // per lane
};

std::int32_t take_slot(std::vector<Duration>& free_at, Duration start, Duration end) {
  std::size_t slot = 0;
  while (slot < free_at.size() && start < free_at[slot]) ++slot;
  if (slot == free_at.size()) free_at.emplace_back();
  free_at[slot] = end;
  return static_cast<std::int32_t>(slot);
}

std::vector<std::int32_t> by_start(const Timeline& timeline) {
  std::vector<std::int32_t> order(timeline.end.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int32_t>(i);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return timeline.start[static_cast<std::size_t>(a)] <
           timeline.start[static_cast<std::size_t>(b)];
  });
  return order;
}

Slots find_slots(const Plan& plan, const Timeline& timeline) {
  Slots slots;
  slots.of_op.resize(plan.ops.size());
  std::vector<std::vector<Duration>> free_at(plan.lanes.size());
  for (const std::int32_t op : by_start(timeline)) {
    const auto i = static_cast<std::size_t>(op);
    slots.of_op[i] =
        take_slot(free_at[plan.ops[i].lane.index()], timeline.start[i], timeline.end[i]);
  }
  std::vector<std::int32_t> next_tid(static_cast<std::size_t>(plan.ranks()), 1);
  for (std::size_t lane = 0; lane < plan.lanes.size(); ++lane) {
    std::int32_t& tid = next_tid[plan.lanes[lane].rank.index()];
    slots.first_tid.push_back(tid);
    slots.count.push_back(
        std::max<std::int32_t>(1, static_cast<std::int32_t>(free_at[lane].size())));
    tid += slots.count.back();
  }
  return slots;
}

std::string lane_name(const Plan& plan, const models::Lane& lane) {
  if (lane.engine != models::Engine::sm)
    return fmt::format("{} queue {}", models::name_of(lane.engine), lane.queue);
  const std::string& kernel = plan.kernels[lane.kernel.index()].name;
  return fmt::format("{} ({} CTAs)", kernel.empty() ? "kernel" : kernel, lane.ctas);
}

class Writer {
 public:
  Writer(const Plan& plan, const Timeline& timeline,
         const std::function<void(std::string_view)>& sink)
      : plan_(plan), timeline_(timeline), sink_(sink), slots_(find_slots(plan, timeline)) {}

  void write(const TraceFacts& facts) {
    name_tracks();
    for (std::size_t op = 0; op < plan_.ops.size(); ++op) add_op(OpId{op});
    for (std::size_t op = 0; op < plan_.ops.size(); ++op) add_flows(OpId{op});
    text_ += "\n],\n\"displayTimeUnit\": \"ns\",\n\"otherData\": {";
    for (const auto& [name, value] : facts)
      text_ += json_string(name) + ": " + json_string(value) + ", ";
    text_ += fmt::format("\"flows_written\": \"{}\", \"flows\": \"{}\"}}}}\n",
                         std::min(flows_, kMaxFlows), flows_);
    sink_(text_);
  }

 private:
  [[nodiscard]] int pid(OpId op) const { return plan_.rank_of(op).value; }
  [[nodiscard]] int tid(OpId op) const {
    return slots_.first_tid[plan_.op(op).lane.index()] + slots_.of_op[op.index()];
  }

  void add(const std::string& event) {
    text_ += first_ ? "{\"traceEvents\": [\n" : ",\n";
    first_ = false;
    text_ += event;
    if (text_.size() < kPiece) return;
    sink_(text_);
    text_.clear();
  }

  void add_name(const char* what, int rank, int thread, const std::string& name) {
    add(fmt::format(R"({{"ph":"M","name":"{}","pid":{},"tid":{},"args":{{"name":{}}}}})", what,
                    rank, thread, json_string(name)));
  }

  void name_tracks() {
    for (int r = 0; r < plan_.ranks(); ++r) {
      add_name("process_name", r, 0, fmt::format("rank {} (gpu {})", r, plan_.gpu_of(Rank{r})));
      add(fmt::format(
          R"({{"ph":"M","name":"process_sort_index","pid":{0},"args":{{"sort_index":{0}}}}})", r));
    }
    for (std::size_t i = 0; i < plan_.lanes.size(); ++i)
      for (std::int32_t slot = 0; slot < slots_.count[i]; ++slot)
        add_name("thread_name", plan_.lanes[i].rank.value, slots_.first_tid[i] + slot,
                 lane_name(plan_, plan_.lanes[i]) +
                     (slot > 0 ? fmt::format(", slot {}", slot + 1) : std::string()));
  }

  // "copy <- 3": what, and from or to which other ranks; "compute attention": which kernel.
  [[nodiscard]] std::string op_name(OpId op) const {
    std::string name(models::name_of(plan_.op(op).kind));
    if (plan_.op(op).kind == models::OpKind::compute) {
      const std::string& kernel = plan_.computes[plan_.op(op).detail].kernel;
      if (!kernel.empty()) name += " " + kernel;
    }
    name += peers(op, plan_.sources(op), " <- ") + peers(op, plan_.destinations(op), " -> ");
    return name;
  }

  [[nodiscard]] std::string peers(OpId op, std::span<const models::Slice> slices,
                                  const char* arrow) const {
    std::string text;
    std::vector<Rank> seen{plan_.rank_of(op)};
    for (const models::Slice& slice : slices) {
      const Rank rank = plan_.buffer(slice.buffer).rank;
      if (std::find(seen.begin(), seen.end(), rank) != seen.end()) continue;
      text += (text.empty() ? arrow : ",") + std::to_string(rank.value);
      seen.push_back(rank);
      if (seen.size() > 8) return text + ",...";
    }
    return text;
  }

  [[nodiscard]] std::int64_t largest_slice(OpId op) const {
    std::int64_t bytes = 0;
    for (const models::Slice& s : plan_.sources(op)) bytes = std::max(bytes, s.size.count);
    for (const models::Slice& s : plan_.destinations(op)) bytes = std::max(bytes, s.size.count);
    return bytes;
  }

  void add_op(OpId op) {
    const Duration start = timeline_.start[op.index()];
    const Duration end = timeline_.end[op.index()];
    add(fmt::format(
        R"({{"ph":"X","name":{},"cat":"{}","pid":{},"tid":{},"ts":{},"dur":{},"args":{{"op":{},"bytes":{}}}}})",
        json_string(op_name(op)), models::name_of(plan_.op(op).kind), pid(op), tid(op),
        micros(start.ps), micros((end - start).ps), op.value, largest_slice(op)));
  }

  void add_flows(OpId op) {
    for (const models::Dep& dep : plan_.deps_of(op)) {
      if (plan_.rank_of(dep.id()) == plan_.rank_of(op)) continue;
      if (++flows_ > kMaxFlows) continue;
      // One picosecond before the end: at the end the viewer would bind to the slice after.
      const std::int64_t last = timeline_.end[dep.id().index()].ps - 1;
      const std::int64_t from = std::max(last, timeline_.start[dep.id().index()].ps);
      add_flow('s', dep.id(), from);
      add_flow('f', op, timeline_.start[op.index()].ps);
    }
  }

  void add_flow(char phase, OpId op, std::int64_t ps) {
    add(fmt::format(
        R"({{"ph":"{}"{},"name":"dependency","cat":"dependency","id":{},"pid":{},"tid":{},"ts":{}}})",
        phase, phase == 'f' ? R"(,"bp":"e")" : "", flows_, pid(op), tid(op), micros(ps)));
  }

  const Plan& plan_;
  const Timeline& timeline_;
  const std::function<void(std::string_view)>& sink_;
  Slots slots_;
  std::string text_;
  bool first_ = true;
  std::int64_t flows_ = 0;
};

}  // namespace

void write_trace(const models::Plan& plan, const models::Timeline& timeline,
                 const TraceFacts& facts, const std::function<void(std::string_view)>& sink) {
  TL_ENSURE(timeline.start.size() == plan.ops.size() && timeline.end.size() == plan.ops.size(),
            "a timeline must have one start and end per op");
  Writer(plan, timeline, sink).write(facts);
}

}  // namespace twinlink::scenarios
