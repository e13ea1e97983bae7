#include "scenarios/scenario_fields.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "scenarios/files/topology_json.h"
#include "scenarios/machine.h"
#include "scenarios/result_fields.h"

namespace twinlink::scenarios {
namespace {

using nlohmann::json;

void check_machine_name(const Value& value, const std::string& name) {
  if (is_file_name(name) || topology::find_preset(name)) return;
  if (const std::string wrong = topology::wrong_number(name); !wrong.empty())
    return value.complain(wrong);
  read_name(value, "machine", topology::preset_names(name));
}

std::optional<topology::Degradation> read_degradation(const Value& value) {
  ObjectReader object(value);
  topology::Degradation degradation;
  set(degradation.from, object.required("from"), read_string);
  set(degradation.to, object.optional("to"), read_string);
  set(degradation.factor, object.required("factor"), [](const Value& v) {
    return read_number(v, {0, 1});
  });
  object.finish();
  return degradation;
}

std::vector<topology::Degradation> read_alternative(const Value& value) {
  std::vector<topology::Degradation> out;
  for (const Value& element : elements(value))
    if (auto degradation = read_degradation(element)) out.push_back(*degradation);
  return out;
}

bool is_list_of_lists(const Value& value) {
  return value.node->is_array() &&
         std::ranges::any_of(*value.node, [](const json& element) { return element.is_array(); });
}

void read_degradations(MachineSpec& machine, const std::optional<Value>& value) {
  if (!value) return;
  if (!is_list_of_lists(*value)) {
    machine.degrade = read_alternative(*value);
    return;
  }
  for (const Value& alternative : elements(*value))
    machine.alternatives.push_back(read_alternative(alternative));
}

// The text of an inline topology, without what is not part of that format.
std::string inline_text(json object) {
  object.erase("degrade");
  object["schema"] = "twinlink.topology/1";
  return object.dump(-1, ' ', true, json::error_handler_t::replace);
}

void read_inline(MachineSpec& machine, const Value& value) {
  ObjectReader object(value);
  if (value.node->contains("schema")) check_schema(object, "topology", 1);
  read_degradations(machine, object.optional("degrade"));
  read_topology_fields(object);
  object.finish();
  machine.inline_json = inline_text(*value.node);
}

void refuse_ranks_of_workload(const Value& ranks) {
  ranks.complain(
      "a workload has its ranks in its own object, for all machines. Leave \"ranks\" out here and "
      "list them there: dwdp \"group\", dp_attention \"tp\", linear_attention \"dp\" and \"sp\", "
      "serving \"deployments\"");
}

void read_based(const Scenario& scenario, MachineSpec& machine, const Value& value) {
  ObjectReader object(value);
  set(machine.name, object.required("base"), read_string);
  if (!machine.name.empty()) check_machine_name(*object.optional("base"), machine.name);
  read_degradations(machine, object.optional("degrade"));
  const auto ranks = object.optional("ranks");
  if (ranks && value.document->tree().contains("workload"))
    refuse_ranks_of_workload(*ranks);
  else
    set_many(machine.ranks, ranks,
             [&](const Value& v) { return read_rank_count(scenario, machine, v); });
  object.finish();
}

void read_machine(const Scenario& scenario, MachineSpec& machine, const Value& value) {
  machine.at = value.pointer;
  machine.degrade_at = value.pointer + "/degrade";
  if (value.node->is_string()) {
    machine.name = value.node->get<std::string>();
    return check_machine_name(value, machine.name);
  }
  if (!value.node->is_object())
    return value.complain("expected a preset's name, a file or an object; found " +
                          describe(*value.node));
  value.node->contains("nodes") ? read_inline(machine, value)
                                : read_based(scenario, machine, value);
}

void read_scan_params(Params& params, ObjectReader& object) {
  set(params.suffix, object.optional("direction"), [](const Value& v) {
    const auto name = read_name(v, "direction", {"prefix", "suffix"});
    return name ? std::optional<bool>(*name == "suffix") : std::nullopt;
  });
  set(params.heads, object.optional("heads"), [](const Value& v) {
    return read_integer(v, {1, 1 << 20});
  });
  set(params.slices, object.optional("slices"), [](const Value& v) {
    return read_integer(v, {0, 65'536});
  });
  set(params.local_flops, object.optional("local_flops"), [](const Value& v) {
    return read_number(v, {0, 1e21});
  });
  set(params.local_hbm_bytes, object.optional("local_hbm_bytes"), read_bytes);
  set_many(params.decays, object.optional("decays"), [](const Value& v) {
    return read_number(v, {0, 1});
  });
  set_many(params.lengths, object.optional("lengths"), [](const Value& v) {
    return read_integer(v, {1, 1 << 18});
  });
  set(params.horizon_error, object.optional("horizon_error"), [](const Value& v) {
    return read_number(v, {0, std::nextafter(1.0, 0.0)});
  });
}

std::optional<std::int64_t> read_count(const Value& value) {
  return read_integer(value, {0, std::int64_t{1} << 40});
}

// A list of totals, or of rows as long as there are rows.
void read_counts(Params& params, const Value& value) {
  const auto is_row = [](const json& element) { return element.is_array(); };
  if (!value.node->is_array() || !std::ranges::any_of(*value.node, is_row))
    return set_many(params.counts, std::optional(value), read_count);
  for (const Value& row : elements(value)) {
    if (row.node->is_array() && row.node->size() != value.node->size())
      row.complain("the row has " + std::to_string(row.node->size()) + " counts; expected " +
                   std::to_string(value.node->size()) + ", one for each row");
    for (const Value& element : elements(row))
      if (const auto count = read_count(element)) params.counts.push_back(*count);
  }
}

void read_collective_params(Params& params, ObjectReader& object) {
  set(params.channels, object.optional("channels"), [](const Value& v) {
    return read_integer(v, {1, 1'024});
  });
  set(params.bidirectional, object.optional("bidirectional"), read_bool);
  if (const auto counts = object.optional("counts")) read_counts(params, *counts);
}

void read_lane_shape(models::LaneShape& shape, ObjectReader& object) {
  set(shape.ctas, object.optional("ctas"), [](const Value& v) {
    return read_integer(v, {1, 65'535});
  });
  set(shape.threads, object.optional("threads"), [](const Value& v) {
    return read_integer(v, {1, 1'024});
  });
  set(shape.vector_bytes, object.optional("vector_bytes"), [](const Value& v) {
    const auto bytes = read_integer(v, {1, 32});
    if (!bytes || (*bytes & (*bytes - 1)) == 0) return bytes;
    v.complain("vectors have 1, 2, 4, 8, 16 or 32 bytes; found " + std::to_string(*bytes));
    return std::optional<std::int64_t>();
  });
  set(shape.loads_in_flight, object.optional("loads_in_flight"), [](const Value& v) {
    return read_integer(v, {1, 64});
  });
}

using ResultFields = std::span<const ResultField>;

std::vector<std::string> names_of(ResultFields fields) {
  std::vector<std::string> names;
  for (const ResultField& field : fields) names.emplace_back(field.name);
  return names;
}

// A value that a result field can be compared with.
std::optional<Assertion::Value> read_field_value(const Value& value, const ResultField& field) {
  switch (field.type) {
    case FieldType::text: return read_string(value);
    case FieldType::boolean: return read_bool(value);
    case FieldType::number: return read_number(value, {});
    case FieldType::bytes: break;
  }
  if (value.node->is_number()) return read_number(value, {0, 1e15});
  const auto bytes = read_bytes(value);
  if (!bytes) return std::nullopt;
  return static_cast<double>(bytes->count);
}

void read_where(Assertion& assertion, const Value& value, ResultFields fields) {
  ObjectReader object(value);
  for (const ResultField& field : fields) {
    const std::string name(field.name);
    const auto wanted = object.optional(name);
    if (!wanted) continue;
    if (auto got = read_field_value(*wanted, field)) assertion.where.emplace_back(name, *got);
  }
  object.finish();
}

void read_bounds(Assertion& assertion, ObjectReader& object, ResultFields fields) {
  const auto field = std::ranges::find(fields, assertion.field, &ResultField::name);
  const auto min = object.optional("min"), max = object.optional("max");
  const auto equals = object.optional("equals");
  if (!min && !max && !equals && object.value().node->is_object())
    object.value().complain("an assertion needs \"min\", \"max\" or \"equals\"");
  const auto any_number = [](const Value& v) { return read_number(v, {}); };
  set(assertion.min, min, any_number);
  set(assertion.max, max, any_number);
  if (field == fields.end()) return;
  if (equals) assertion.equals = read_field_value(*equals, *field);
  const bool has_order = field->type == FieldType::number || field->type == FieldType::bytes;
  if (!has_order && (min || max))
    object.value().complain(quote(field->name) + " is no number: only \"equals\" can be asserted");
}

Assertion read_assertion(const Value& value, ResultFields fields) {
  ObjectReader object(value);
  Assertion assertion;
  assertion.pointer = value.pointer;
  if (const auto where = object.optional("where")) read_where(assertion, *where, fields);
  set(assertion.field, object.required("field"),
      [&](const Value& v) { return read_name(v, "result field", names_of(fields)); });
  read_bounds(assertion, object, fields);
  object.finish();
  return assertion;
}

}  // namespace

void read_machines(Scenario& scenario, const Value& value) {
  if (!value.node->is_array()) return read_machine(scenario, scenario.machine, value);
  for (const Value& element : one_or_many(value)) {
    MachineSpec machine;
    read_machine(scenario, machine, element);
    scenario.machines.push_back(std::move(machine));
  }
  if (!scenario.machines.empty()) scenario.machine = scenario.machines.front();
}

void read_params(Params& params, const Value& value) {
  ObjectReader object(value);
  read_scan_params(params, object);
  read_collective_params(params, object);
  read_lane_shape(params.shape, object);
  if (const auto mode = object.optional("mode"))
    params.mode = read_name(*mode, "mode", {"fused", "stream"});
  object.finish();
  if (!params.decays.empty() && params.decays.size() != static_cast<std::size_t>(params.heads))
    value.complain("\"decays\" has " + std::to_string(params.decays.size()) +
                   " numbers; expected one per head (\"heads\": " + std::to_string(params.heads) +
                   ")");
}

void read_groups(std::vector<std::vector<int>>& groups, const Value& value) {
  for (const Value& group : elements(value)) {
    if (group.node->is_array() && group.node->empty()) group.complain("the group is empty");
    std::vector<int> members;
    for (const Value& member : elements(group)) {
      const auto rank = read_integer(member, {0, kScenarioLimits.ranks - 1});
      if (!rank) continue;
      if (std::ranges::find(members, *rank) != members.end())
        member.complain("rank " + std::to_string(*rank) + " is twice in this group");
      members.push_back(static_cast<int>(*rank));
    }
    groups.push_back(std::move(members));
  }
}

void read_assertions(std::vector<Assertion>& assertions, const Value& value,
                     std::span<const ResultField> fields) {
  for (const Value& element : elements(value))
    assertions.push_back(read_assertion(element, fields));
}

}  // namespace twinlink::scenarios
