#include <nlohmann/json.hpp>

#include "scenarios/files/plan_json.h"

namespace twinlink::scenarios {
namespace {

using models::Plan;
using Sink = std::function<void(std::string_view)>;

constexpr std::size_t kPiece = 1 << 16;

std::string text(const std::string& s) {
  return nlohmann::json(s).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

template <class Enum>
std::string word(Enum value) {
  return "\"" + std::string(models::name_of(value)) + "\"";
}

template <class T>
std::string id_list(const std::vector<T>& ids) {
  std::string list;
  for (const T& id : ids) list += (list.empty() ? "" : ", ") + std::to_string(id.value);
  return "[" + list + "]";
}

std::string number_list(const std::vector<std::int32_t>& numbers) {
  std::string list;
  for (const std::int32_t n : numbers) list += (list.empty() ? "" : ", ") + std::to_string(n);
  return "[" + list + "]";
}

std::string row(const models::Group& group) { return id_list(group.members); }

// `, "horizons": [1, 9]`, or nothing.
template <class Number>
std::string number_list(const std::string& name, const std::vector<Number>& numbers) {
  std::string list;
  for (const Number number : numbers) list += (list.empty() ? "" : ", ") + std::to_string(number);
  return list.empty() ? "" : ", \"" + name + "\": [" + list + "]";
}

std::string row(const models::Claim& claim) {
  return "{\"operation\": " + word(claim.operation) +
         ", \"suffix\": " + (claim.suffix ? "true" : "false") +
         ", \"group\": " + std::to_string(claim.group.value) +
         ", \"heads\": " + std::to_string(claim.heads) + number_list("horizons", claim.horizons) +
         number_list("lengths", claim.lengths) + number_list("starts", claim.starts) +
         number_list("counts", claim.counts) + ", \"inputs\": " + id_list(claim.inputs) +
         ", \"outputs\": " + id_list(claim.outputs) + "}";
}

std::string row(const models::Buffer& buffer) {
  return "{\"rank\": " + std::to_string(buffer.rank.value) + ", \"name\": " + text(buffer.name) +
         ", \"role\": " + word(buffer.role) + ", \"element\": " + word(buffer.element) +
         ", \"bytes\": " + std::to_string(buffer.size.count) + "}";
}

std::string row(const models::Kernel& kernel) {
  return "{\"rank\": " + std::to_string(kernel.rank.value) + ", \"name\": " + text(kernel.name) +
         ", \"launch\": " + word(kernel.launch) + "}";
}

std::string row(const models::Lane& lane) {
  if (lane.engine != models::Engine::sm)
    return "{\"engine\": " + word(lane.engine) + ", \"rank\": " + std::to_string(lane.rank.value) +
           ", \"queue\": " + std::to_string(lane.queue) + ", \"launch\": " + word(lane.launch) +
           "}";
  return "{\"engine\": \"sm\", \"kernel\": " + std::to_string(lane.kernel.value) +
         ", \"ctas\": " + std::to_string(lane.ctas) +
         ", \"threads\": " + std::to_string(lane.threads) +
         ", \"vector_bytes\": " + std::to_string(lane.vector_bytes) +
         ", \"loads_in_flight\": " + std::to_string(lane.loads_in_flight) + "}";
}

std::string products(const std::vector<models::Product>& all) {
  nlohmann::json rows = nlohmann::json::array();
  for (const models::Product& p : all)
    rows.push_back(nlohmann::json::array({p.m, p.n, p.k, p.count}));
  return rows.dump();
}

std::string row(const models::Compute& compute) {
  const models::Compute plain;
  std::string out = "{\"kernel\": " + text(compute.kernel) +
                    ", \"flops\": " + nlohmann::json(compute.flops).dump() +
                    ", \"hbm_bytes\": " + std::to_string(compute.hbm_bytes.count);
  if (compute.work != plain.work) out += ", \"work\": " + word(compute.work);
  if (compute.precision != plain.precision) out += ", \"precision\": " + word(compute.precision);
  if (compute.fixed != plain.fixed) out += ", \"fixed_ps\": " + std::to_string(compute.fixed.ps);
  if (!compute.products.empty()) out += ", \"products\": " + products(compute.products);
  if (compute.weight_sources > 0)
    out += ", \"weight_sources\": " + std::to_string(compute.weight_sources);
  return out + "}";
}

std::string row(const models::Rendezvous& rendezvous) {
  return "{\"group\": " + std::to_string(rendezvous.group.value) +
         ", \"edge\": " + word(rendezvous.edge) + "}";
}

std::string row(const models::LibraryCall& call) {
  return "{\"group\": " + std::to_string(call.group.value) +
         ", \"operation\": " + word(call.operation) + ", \"library\": " + text(call.library) + "}";
}

// `"from": [[0, 0, 512]]` with its comma, or nothing.
std::string slice_list(const char* name, std::span<const models::Slice> slices) {
  std::string list;
  for (const models::Slice& slice : slices) {
    list += (list.empty() ? "[" : ", [") + std::to_string(slice.buffer.value) + ", " +
            std::to_string(slice.offset.count) + ", " + std::to_string(slice.size.count);
    if (slice.decay_power != 0) list += ", " + std::to_string(slice.decay_power);
    list += "]";
  }
  return list.empty() ? "" : ", \"" + std::string(name) + "\": [" + list + "]";
}

std::string dep_list(std::span<const models::Dep> deps) {
  std::string list;
  for (const models::Dep& dep : deps)
    list += (list.empty() ? "[" : ", [") + std::to_string(dep.id().value) + ", " +
            word(dep.kind()) + ", " + word(dep.reach()) + "]";
  return list.empty() ? "" : ", \"after\": [" + list + "]";
}

std::string detail(const models::Op& op) {
  switch (op.kind) {
    case models::OpKind::copy:
    case models::OpKind::multimem_store: return "";
    case models::OpKind::reduce:
    case models::OpKind::scan_reduce:
    case models::OpKind::multimem_reduce: return ", \"operator\": " + word(op.oper);
    case models::OpKind::compute: return ", \"compute\": " + std::to_string(op.detail);
    case models::OpKind::barrier: return ", \"rendezvous\": " + std::to_string(op.detail);
    case models::OpKind::library: return ", \"library_call\": " + std::to_string(op.detail);
  }
  return "";
}

std::string op_row(const Plan& plan, OpId id) {
  const models::Op& op = plan.op(id);
  std::string line =
      "{\"op\": " + word(op.kind) + ", \"lane\": " + std::to_string(op.lane.value) + detail(op);
  if (op.split != models::Split::contiguous) line += ", \"split\": " + word(op.split);
  if (op.order != models::LoadOrder::parallel) line += ", \"order\": " + word(op.order);
  return line + slice_list("from", plan.sources(id)) + slice_list("to", plan.destinations(id)) +
         dep_list(plan.deps_of(id)) + "}";
}

// A list of rows, each on its own line, handed on in pieces.
class RowWriter {
 public:
  RowWriter(const Sink& sink, const char* name) : sink_(sink), piece_(",\n \"") {
    piece_ += name;
    piece_ += "\": [";
  }
  void add(const std::string& line) {
    piece_ += first_ ? "\n  " : ",\n  ";
    piece_ += line;
    first_ = false;
    if (piece_.size() > kPiece) sink_(piece_), piece_.clear();
  }
  void finish() { sink_(piece_ + (first_ ? "]" : "\n ]")); }

 private:
  const Sink& sink_;
  std::string piece_;
  bool first_ = true;
};

template <class T>
void write_list(const Sink& sink, const char* name, const std::vector<T>& items) {
  RowWriter rows(sink, name);
  for (const T& item : items) rows.add(row(item));
  rows.finish();
}

}  // namespace

void write_plan(const Plan& plan, const Sink& sink) {
  sink("{\"schema\": \"twinlink.plan/1\",\n \"name\": " + text(plan.name) +
       ",\n \"gpu_of_rank\": " + number_list(plan.gpu_of_rank));
  write_list(sink, "groups", plan.groups);
  write_list(sink, "claims", plan.claims);
  write_list(sink, "buffers", plan.buffers);
  write_list(sink, "kernels", plan.kernels);
  write_list(sink, "lanes", plan.lanes);
  write_list(sink, "computes", plan.computes);
  write_list(sink, "rendezvous", plan.rendezvous);
  if (!plan.library_calls.empty()) write_list(sink, "library_calls", plan.library_calls);
  RowWriter ops(sink, "ops");
  for (std::size_t i = 0; i < plan.ops.size(); ++i) ops.add(op_row(plan, OpId{i}));
  ops.finish();
  sink("}\n");
}

std::string write_plan(const Plan& plan) {
  std::string whole;
  write_plan(plan, [&](std::string_view piece) { whole += piece; });
  return whole;
}

}  // namespace twinlink::scenarios
