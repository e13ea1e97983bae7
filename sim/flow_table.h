#pragma once
// The live flows, folded into classes: flows with the same resource uses, cap, weight and softness
// always run at the same rate, so of a class only the flow that ends first has to be watched.
//
// A class lives for ever once seen (there are as many as distinct patterns); a flow lives from
// begin to end. Within a class flows are ordered by their mark: the bytes that a flow of the class
// that runs since the class became active has been served when this one ends. Equal marks end
// together.
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "models/cost/cost_model.h"

namespace twinlink::sim {

inline constexpr double kUnlimited = std::numeric_limits<double>::infinity();

// What becomes of a payload: `tag` names it in FlowSolver::take_ended.
struct FlowSpec {
  double payload = 0;  // bytes, > 0
  double cap = kUnlimited;
  double weight = 1;
  std::int32_t pattern = 0;  // flows of equal pattern have equal uses
  bool soft = false;
  std::uint32_t tag = 0;
  bool engine = false;  // its weight is that of the others on its way, times a share (Sharing)
};

// Values of FlowClass::owner that are not resources.
inline constexpr std::int32_t kNobody = -1;  // the class has no flows
inline constexpr std::int32_t kByCap = -2;   // its cap limits it
inline constexpr std::int32_t kAlone = -3;   // nobody else uses its resources

// One cache line: the sweep over levels moves classes in no order.
struct alignas(64) FlowClass {
  const models::Use* first_use = nullptr;
  double weight = 1;
  double cap = kUnlimited;
  // Virtual time of its server (alone: ps) at which it had served nothing; without a server: the
  // bytes served.
  double base = 0;
  double speed = 0;  // bytes per flow and unit of the server's virtual time
  std::int32_t owner = kNobody;
  std::int32_t server = kNobody;  // alone: sequence of the event at its end
  std::int32_t first = kNobody;
  std::int32_t count = 0;
  std::uint16_t use_count = 0;
  bool soft : 1 = false;
  bool alone : 1 = false;   // speed is that of running alone
  bool pair : 1 = false;    // two uses of weight x per_byte == 1, no cap, not soft, no engine
  bool unit : 1 = false;    // a pair with one flow, alone between its resources, as last attached
  bool engine : 1 = false;  // FlowSpec::engine
  std::int32_t next = kNobody;  // another class of the same pattern

  [[nodiscard]] std::span<const models::Use> uses() const { return {first_use, use_count}; }
  // Of a pair.
  [[nodiscard]] std::int32_t other_than(std::int32_t resource) const {
    return first_use[first_use[0].resource == resource ? 1 : 0].resource;
  }
};
static_assert(sizeof(FlowClass) == 64);

class FlowTable {
 public:
  // The class of a flow; made if it is new. Refers to `uses` for ever.
  std::int32_t class_of(const FlowSpec& spec, std::span<const models::Use> uses);
  FlowClass& operator[](std::int32_t c) { return classes_[static_cast<std::size_t>(c)]; }
  const FlowClass& operator[](std::int32_t c) const {
    return classes_[static_cast<std::size_t>(c)];
  }
  [[nodiscard]] std::int32_t size() const { return static_cast<std::int32_t>(classes_.size()); }
  // New classes are not pairs from now on.
  void forbid_pairs() { pairs_allowed_ = false; }
  [[nodiscard]] bool pairs_allowed() const { return pairs_allowed_; }

  void add_flow(std::int32_t c, double mark, std::uint32_t tag);
  [[nodiscard]] double first_mark(std::int32_t c) const { return marks_[at(c)]; }
  // Removes the flow of the class that ends first; its tag.
  std::uint32_t pop_flow(std::int32_t c);
  [[nodiscard]] std::size_t memory_bytes() const;

 private:
  struct Flow {  // a node of a pairing heap; its mark stands apart, so that it takes 20 bytes
    std::uint32_t tag;
    std::int32_t child, sibling;
  };

  [[nodiscard]] std::size_t at(std::int32_t c) const {
    return static_cast<std::size_t>(classes_[static_cast<std::size_t>(c)].first);
  }
  std::int32_t make_class(const FlowSpec& spec, std::span<const models::Use> uses);
  std::int32_t merge(std::int32_t a, std::int32_t b);
  std::int32_t merge_children(std::int32_t first);

  std::vector<FlowClass> classes_;
  std::vector<std::int32_t> class_of_pattern_;
  std::vector<Flow> flows_;
  std::vector<double> marks_;  // per flow
  std::int32_t free_flow_ = kNobody;
  bool pairs_allowed_ = true;
};

}  // namespace twinlink::sim
