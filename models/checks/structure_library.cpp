#include <algorithm>

#include "models/checks/findings.h"
#include "models/checks/structure.h"

namespace twinlink::models::checks {
namespace {

// The ops of one call, by member; invalid where a member has none.
using Members = std::vector<OpId>;

class LibraryCheck {
 public:
  explicit LibraryCheck(const Plan& plan) : plan_(plan) {}

  Proof run() {
    calls_.resize(plan_.library_calls.size());
    for (std::size_t c = 0; c < calls_.size(); ++c)
      calls_[c].resize(plan_.groups[plan_.library_calls[c].group.index()].members.size());
    for (std::size_t i = 0; i < plan_.ops.size(); ++i)
      if (plan_.ops[i].kind == OpKind::library) arrive(OpId{i});
    for (std::size_t c = 0; c < calls_.size(); ++c) check_call(c);
    return std::move(proof_);
  }

 private:
  void fail(OpId id, const std::string& message) {
    const Rank rank = plan_.rank_of(id);
    add(proof_, {Check::structure, rank, id},
        [&] { return text(rank) + ": " + text(id) + " " + message; });
  }

  void arrive(OpId id) {
    const std::uint32_t call = plan_.op(id).detail;
    const auto& members = plan_.groups[plan_.library_calls[call].group.index()].members;
    const auto found = std::find(members.begin(), members.end(), plan_.rank_of(id));
    if (found == members.end())
      return fail(id, "takes part in library call " + text(std::int64_t{call}) +
                          " of a group without its rank");
    OpId& slot = calls_[call][static_cast<std::size_t>(found - members.begin())];
    if (slot.valid())
      return fail(id, "takes part in library call " + text(std::int64_t{call}) +
                          " a second time, after " + text(slot));
    slot = id;
    check_slices(id);
  }

  void check_slices(OpId id) {
    if (plan_.sources(id).size() != 1 || plan_.destinations(id).size() != 1)
      return fail(id, "needs one source and one destination");
    for (const Slice& slice : {plan_.sources(id)[0], plan_.destinations(id)[0]})
      if (plan_.buffer(slice.buffer).rank != plan_.rank_of(id))
        fail(id, "passes a buffer of another rank to a library");
  }

  [[nodiscard]] std::int64_t elements(const Slice& slice) const {
    return slice.size.count / size_of(plan_.buffer(slice.buffer).element);
  }
  [[nodiscard]] std::int64_t given(OpId id) const { return elements(plan_.sources(id)[0]); }

  // Elements that the definition puts into the output of member m.
  [[nodiscard]] std::int64_t wanted(Operation operation, const Members& members,
                                    std::size_t m) const {
    const auto parts = static_cast<std::int64_t>(members.size());
    const auto own = static_cast<std::int64_t>(m);
    std::int64_t sum = 0;
    switch (operation) {
      case Operation::all_reduce:
      case Operation::broadcast: return given(members[0]);
      case Operation::sendrecv: return given(members[(m + members.size() - 1) % members.size()]);
      case Operation::reduce_scatter: return share(own, parts, given(members[0])).count;
      case Operation::all_gather:
        for (const OpId id : members) sum += given(id);
        return sum;
      case Operation::all_to_all:
        for (const OpId id : members) sum += share(own, parts, given(id)).count;
        return sum;
      case Operation::scan:
      case Operation::exscan: break;
    }
    return -1;
  }

  void check_call(std::size_t c) {
    const Members& members = calls_[c];
    if (!proof_.correct()) return;
    // A call without some of its members is a deadlock, said there.
    if (std::any_of(members.begin(), members.end(), [](OpId id) { return !id.valid(); })) return;
    const Operation operation = plan_.library_calls[c].operation;
    const bool sums = operation == Operation::all_reduce || operation == Operation::reduce_scatter;
    const ElementType element = type_of(members[0]);
    for (std::size_t m = 0; m < members.size(); ++m) {
      if (type_of(members[m]) != element)
        fail(members[m], "has another element type than the first member");
      if (sums && given(members[m]) != given(members[0]))
        fail(members[m], "adds another number of elements than the first member");
      const std::int64_t have = elements(plan_.destinations(members[m])[0]);
      if (have != wanted(operation, members, m))
        fail(members[m], "has room for " + text(have) + " elements; " +
                             std::string(name_of(operation)) + " gives it " +
                             text(wanted(operation, members, m)));
    }
  }

  [[nodiscard]] ElementType type_of(OpId id) const {
    return plan_.buffer(plan_.sources(id)[0].buffer).element;
  }

  const Plan& plan_;
  Proof proof_;
  std::vector<Members> calls_;
};

}  // namespace

Proof library_structure(const Plan& plan) {
  return plan.library_calls.empty() ? Proof{} : LibraryCheck(plan).run();
}

}  // namespace twinlink::models::checks
