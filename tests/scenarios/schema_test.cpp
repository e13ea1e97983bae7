// The schemas say what the readers do: a second road (valijson, draft-07) accepts what is good and
// refuses what is wrong in shape, and their words are those of the code.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "models/collectives/catalogue.h"
#include "models/cost/calibration.h"
#include "scenarios/files/measurement_json.h"
#include "scenarios/files/plan_json.h"
#include "scenarios/files/profile_json.h"
#include "scenarios/files/read_file.h"
#include "scenarios/files/topology_json.h"
#include "scenarios/json/document.h"
#include "scenarios/machine.h"
#include "scenarios/policy.h"
#include "scenarios/result_fields.h"
#include "scenarios/workloads/workload.h"
#include "tests/scenarios/bad_input.h"
#include "topology/presets.h"

namespace twinlink::tests {
namespace {

using namespace twinlink::scenarios;
using nlohmann::json;

json schema_of(const std::string& kind) {
  return json::parse(read_file(find_data("schema/" + kind + "-1.schema.json")));
}

class SchemaCheck {
 public:
  explicit SchemaCheck(const std::string& kind) : document_(schema_of(kind)) {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(document_), schema_);
  }
  // "" if the text fits the schema, else the first complaint.
  std::string complaint(const std::string& text) const {
    const json target = json::parse(text, nullptr, false, true);
    if (target.is_discarded()) return "no JSON";
    valijson::Validator validator;
    valijson::ValidationResults results;
    const valijson::adapters::NlohmannJsonAdapter adapter(target);
    if (validator.validate(schema_, adapter, &results)) return "";
    valijson::ValidationResults::Error error;
    results.popError(error);
    return "refused: " + error.description;
  }

 private:
  json document_;
  valijson::Schema schema_;
};

std::set<std::string> words_of(const json& list) { return list.get<std::set<std::string>>(); }

template <class Enum>
std::set<std::string> words() {
  std::set<std::string> names;
  for (const auto& word : models::words(Enum{})) names.emplace(word.name);
  return names;
}

// What a property may be: its one value, or one of a list.
std::set<std::string> choices_of(const json& property) {
  if (property.contains("const")) return {property["const"].get<std::string>()};
  return words_of(property.at("enum"));
}

realgpu::Measurement one_set() {
  realgpu::Measurement made;
  made.suite = "links";
  made.environment.devices.push_back({0, "NVIDIA H200", 132, 60, 143'771, 1'980});
  made.sets.push_back({{{"measure", "sm_pull"}, {"bytes", 1024.0}},
                       {1e-6, 2e-6},
                       1024,
                       0,
                       "slope",
                       {{0, 1'980, 3'201, 250, 40}},
                       {}});
  return made;
}

// What only the readers know: meaning across fields, and arithmetic.
const std::set<std::string> kBeyondSchemas{
    "scenario/bytes_not_whole.json",
    "scenario/decays_count.json",
    "scenario/groups_rank_and_sizes.json",
    "scenario/groups_rank_does_not_exist.json",
    "scenario/counts_per_rank.json",
    "scenario/counts_zero.json",
    "scenario/lengths_per_rank.json",
    "scenario/machines_ranks.json",
    "scenario/params_elsewhere.json",
    "scenario/ranks_too_many_for_machine.json",
    "scenario/too_many_points.json",
    "scenario/unknown_machine.json",
    "scenario/workload_machine_ranks.json",
    "topology/bandwidth_huge.json",
    "topology/bandwidth_zero.json",
    "topology/link_to_itself.json",
    "topology/link_to_nowhere.json",
    "topology/no_gpu.json",
    "topology/node_twice.json",
    "plan/buffer_does_not_exist.json",
    "plan/compute_wrong.json",
    "plan/cyclic.json",
    "plan/depends_on_itself.json",
    "plan/group_rank_does_not_exist.json",
    "plan/rank_does_not_exist.json",
    "plan/slice_outside.json",
};

}  // namespace

TEST_CASE("schemas accept everything the repository holds and the writers write") {
  const SchemaCheck scenario("scenario"), topology("topology"), profile("profile"), plan("plan");
  for (const std::string& name : data_names("library")) {
    CAPTURE(name);
    CHECK(scenario.complaint(read_file(find_data("library/" + name + ".json"))) == "");
  }
  for (const std::string& name : data_names("profiles/machines")) {
    CAPTURE(name);
    CHECK(profile.complaint(read_file(find_data("profiles/machines/" + name + ".json"))) == "");
  }
  CHECK(profile.complaint(write_profile(models::ideal_profile())) == "");
  for (const std::string& preset : topology::preset_names()) {
    CAPTURE(preset);
    const auto made = topology::make_preset(preset, 4);
    CHECK(topology.complaint(write_topology(made)) == "");
  }
  const SchemaCheck gates("gates");
  const std::string limits = read_file(find_data("profiles/gates.json"));
  CHECK(gates.complaint(limits) == "");
  CHECK(gates.complaint(std::string(limits).replace(limits.find("median_ape"), 6, "middle")) != "");
  const SchemaCheck measurement("measurement");
  const std::string file = write_measurement(one_set(), "2026-11-22T06:15:00Z");
  CHECK(measurement.complaint(file) == "");
  CHECK(measurement.complaint(std::string(file).replace(file.find("median_us"), 6, "middle")) !=
        "");
  for (const models::Algorithm& algorithm : models::catalogue()) {
    CAPTURE(algorithm.name);
    models::CollectiveRequest request;
    request.operation = algorithm.operation;
    request.bytes = {256};
    request.multicast = true;
    request.gpu_of_rank = {0, 1, 2, 3};
    request.multicast = algorithm.needs == models::Needs::multicast;
    CHECK(plan.complaint(write_plan(models::build_plan(algorithm, request))) == "");
  }
}

TEST_CASE("schemas accept their own examples") {
  const SchemaCheck scenario("scenario");
  const json schema = schema_of("scenario");
  CHECK(!schema.at("examples").empty());
  for (const json& example : schema.at("examples")) {
    CHECK(scenario.complaint(example.dump()) == "");
    CHECK(error_of("scenario", example.dump(), "example.json") == "accepted");
  }
}

TEST_CASE("schemas refuse every bad file but those that only a reader can tell") {
  std::set<std::string> beyond;
  for (const std::string& kind : bad_kinds()) {
    const SchemaCheck check(kind);
    for (const BadFile& file : bad_files(kind)) {
      if (check.complaint(file.text).empty()) beyond.insert(kind + "/" + file.name);
    }
  }
  CHECK(join({beyond.begin(), beyond.end()}) ==
        join({kBeyondSchemas.begin(), kBeyondSchemas.end()}));
}

TEST_CASE("words of the schemas are those of the code") {
  const json scenario = schema_of("scenario"), plan = schema_of("plan");
  const json& fields = scenario.at("properties");
  CHECK(words_of(fields["operation"]["enum"]) == words<models::Operation>());
  CHECK(words_of(fields["element"]["enum"]) == words<models::ElementType>());
  CHECK(words_of(fields["launch"]["enum"]) == words<models::LaunchMode>());
  std::set<std::string> algorithms;
  for (const models::Algorithm& algorithm : models::catalogue()) algorithms.emplace(algorithm.name);
  for (const Policy& policy : policies()) algorithms.emplace(policy.name);
  CHECK(words_of(scenario["definitions"]["algorithm"]["enum"]) == algorithms);
  const json& lists = plan.at("properties");
  CHECK(words_of(lists["claims"]["items"]["properties"]["operation"]["enum"]) ==
        words<models::Operation>());
  const json& buffer = lists["buffers"]["items"]["properties"];
  CHECK(words_of(buffer["role"]["enum"]) == words<models::BufferRole>());
  CHECK(words_of(buffer["element"]["enum"]) == words<models::ElementType>());
  const json& dependency = plan["definitions"]["dependency"]["items"];
  CHECK(words_of(dependency[1]["enum"]) == words<models::Edge>());
  CHECK(words_of(dependency[2]["enum"]) == words<models::Scope>());
}

TEST_CASE("kinds of ops, lanes and operators of the plan schema are those of the code") {
  const json lists = schema_of("plan").at("properties");
  std::set<std::string> kinds, engines;
  for (const json& op : lists["ops"]["items"]["oneOf"]) {
    kinds.merge(choices_of(op["properties"]["op"]));
    CHECK(words_of(op["properties"]["split"]["enum"]) == words<models::Split>());
    CHECK(words_of(op["properties"]["order"]["enum"]) == words<models::LoadOrder>());
    if (op["properties"].contains("operator"))
      CHECK(words_of(op["properties"]["operator"]["enum"]) == words<models::Operator>());
  }
  for (const json& lane : lists["lanes"]["items"]["oneOf"])
    engines.merge(choices_of(lane["properties"]["engine"]));
  CHECK(kinds == words<models::OpKind>());
  CHECK(engines == words<models::Engine>());
}

TEST_CASE("constants and result fields of the schemas are those of the tables") {
  const json constants = schema_of("profile")["properties"]["constants"];
  std::set<std::string> names, required, fields;
  for (const models::ConstantTraits& traits : models::constant_table()) {
    names.emplace(traits.name);
    if (!traits.optional) required.emplace(traits.name);
  }
  CHECK(words_of(constants["required"]) == required);
  CHECK(constants["properties"].size() == names.size());
  for (const ResultField& field : result_fields()) fields.emplace(field.name);
  const std::set<std::string> common = fields;
  for (const WorkloadKind& kind : workload_kinds())
    for (const ResultField& field : kind.fields) fields.emplace(field.name);
  const json assertion = schema_of("scenario")["definitions"]["assertion"]["properties"];
  CHECK(words_of(assertion["field"]["enum"]) == fields);
  CHECK(assertion["where"]["properties"].size() == fields.size());
  for (const std::string& field : common)
    CHECK(schema_of("result")["definitions"]["result"]["properties"].contains(field));
}

TEST_CASE("every property of a schema is described") {
  for (const char* kind :
       {"scenario", "topology", "profile", "plan", "result", "measurement", "gates"}) {
    CAPTURE(kind);
    const json schema = schema_of(kind);
    CHECK(schema.at("$schema") == "http://json-schema.org/draft-07/schema#");
    if (!schema.contains("properties")) continue;
    for (const auto& [key, property] : schema["properties"].items()) {
      const std::string name = key;
      CAPTURE(name);
      CHECK((property.contains("description") || property.contains("$ref")));
    }
  }
}

}  // namespace twinlink::tests
