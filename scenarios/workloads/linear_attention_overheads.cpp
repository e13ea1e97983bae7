#include "scenarios/workloads/linear_attention_overheads.h"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "scenarios/files/read_file.h"
#include "scenarios/machine.h"
#include "scenarios/units_text.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

using models::LinearAttentionOverheads;

std::optional<double> read_rate(const Value& value) {
  const std::optional<std::string> text = read_string(value);
  if (!text) return std::nullopt;
  try {
    return parse_quantity(*text, "TFLOP/s");
  } catch (const InputError& error) {
    value.complain(error.issues().front().message);
    return std::nullopt;
  }
}

std::optional<double> read_overhead_factor(const Value& value) {
  return read_number(value, {0, 1e3});
}

void read_values(LinearAttentionOverheads& values, ObjectReader& object) {
  set(values.issue, object.optional("issue"), read_duration);
  set(values.operation, object.optional("operation"), read_duration);
  set(values.kernel_tflops, object.optional("kernel_rate"), read_rate);
  set(values.host_state, object.optional("host_state"), read_duration);
}

// The "value" of a constant of a file; its provenance makes the whole at most as good.
std::optional<Value> value_of(const Value& constant, Provenance& worst) {
  ObjectReader object(constant);
  const std::optional<Value> value = object.required("value");
  Provenance provenance = Provenance::assumed;
  set(provenance, object.required("provenance"), read_provenance);
  std::string source;
  set(source, object.required("source"), read_string);
  worst = worse(worst, provenance);
  object.finish();
  return value;
}

// Factors of bytes and fixed times of method scan's parts: "forward_local_state_traffic", ...
template <class Read>
void read_part(models::LinearAttentionKernels::Part& cost, const std::string& name,
               const Read& read) {
  set(cost.traffic, read(name + "_traffic"), read_overhead_factor);
  set(cost.fixed, read(name + "_fixed"), read_duration);
}

template <class Read>
void read_kernels(models::LinearAttentionKernels& kernels, const Read& read) {
  for (const bool backward : {false, true}) {
    models::LinearAttentionKernels::Direction& direction =
        backward ? kernels.backward : kernels.forward;
    const std::string name = backward ? "backward_" : "forward_";
    read_part(direction.local_state, name + "local_state", read);
    read_part(direction.intra_chunk, name + "intra_chunk", read);
    read_part(direction.inter_chunk, name + "inter_chunk", read);
  }
  set(kernels.meeting, read("meeting"), read_duration);
  kernels.given = kernels.meeting.ps > 0;
}

void read_constants(NamedOverheads& overheads, const Value& constants) {
  ObjectReader object(constants);
  LinearAttentionOverheads& values = overheads.values;
  const auto constant = [&](const std::string& name) -> std::optional<Value> {
    const auto found = object.optional(name);
    return found ? value_of(*found, overheads.provenance) : std::nullopt;
  };
  set(values.issue, constant("issue"), read_duration);
  set(values.operation, constant("operation"), read_duration);
  set(values.kernel_tflops, constant("kernel_rate"), read_rate);
  set(values.host_state, constant("host_state"), read_duration);
  read_kernels(overheads.kernels, constant);
  object.finish();
}

NamedOverheads read_overheads_file(const std::string& name) {
  const auto path = find_data("profiles/overheads/" + name + ".json");
  Document document(read_file(path), path.string());
  ObjectReader object(document.root());
  check_schema(object, "overheads", 1);
  std::string text;
  set(text, object.required("name"), read_string);
  set(text, object.optional("about"), read_string);
  NamedOverheads overheads;
  if (const auto constants = object.required("constants")) read_constants(overheads, *constants);
  object.finish();
  document.throw_if_any();
  return overheads;
}

}  // namespace

std::optional<NamedOverheads> read_linear_attention_overheads(const Value& value) {
  if (value.node->is_string()) {
    const auto name = read_name(value, "overheads", data_names("profiles/overheads"));
    return name ? std::optional(read_overheads_file(*name)) : std::nullopt;
  }
  NamedOverheads overheads{{}, {}, Provenance::assumed};
  ObjectReader object(value);
  read_values(overheads.values, object);
  object.finish();
  return overheads;
}

}  // namespace twinlink::scenarios
