#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "scenarios/fitting/validation.h"
#include "scenarios/json/object_reader.h"
#include "topology/error.h"

namespace twinlink::scenarios {
namespace {

struct Gate {
  std::string suite, split, model, field;
  std::optional<double> min, max;
};

// Three digits after the point: what is below is noise of the measurements.
double rounded(double value) { return std::round(value * 1000) / 1000; }

nlohmann::ordered_json json_of(const Verdict& v) {
  const analysis::Accuracy& a = v.accuracy;
  nlohmann::ordered_json json{{"suite", v.suite},
                              {"split", v.split},
                              {"model", v.model},
                              {"n", a.n},
                              {"median_ape", rounded(a.median_ape)},
                              {"p90_ape", rounded(a.p90_ape)},
                              {"max_ape", rounded(a.max_ape)},
                              {"bias", rounded(a.bias)}};
  json["choice_right"] = a.cells > 0 ? nlohmann::ordered_json(rounded(a.choice_right)) : nullptr;
  json["regret"] = a.cells > 0 ? nlohmann::ordered_json(rounded(a.regret)) : nullptr;
  return json;
}

Gate read_gate(const Value& value) {
  ObjectReader object(value);
  Gate gate;
  set(gate.suite, object.required("suite"), read_string);
  set(gate.split, object.required("split"), read_string);
  set(gate.model, object.required("model"), read_string);
  set(gate.field, object.required("field"), [](const Value& v) {
    return read_name(v, "field",
                     {"n", "median_ape", "p90_ape", "max_ape", "bias", "choice_right", "regret"});
  });
  const auto limit = [](const Value& v) { return read_number(v, {}); };
  set(gate.min, object.optional("min"), limit);
  set(gate.max, object.optional("max"), limit);
  if (!gate.min && !gate.max) value.complain("needs \"min\" or \"max\"");
  object.finish();
  return gate;
}

std::vector<Gate> read_gates(const std::string& text, const std::string& file) {
  Document document(text, file);
  ObjectReader object(document.root());
  check_schema(object, "gates", 1);
  object.optional("about");
  std::vector<Gate> gates;
  if (const auto list = object.required("gates"))
    for (const Value& element : elements(*list)) gates.push_back(read_gate(element));
  object.finish();
  document.throw_if_any();
  return gates;
}

std::string text_of_gate(const Gate& gate) {
  return fmt::format("{}, split {}, model {}: {}", gate.suite, gate.split, gate.model, gate.field);
}

// What does not hold; empty: the gate holds.
std::string fault(const Gate& gate, const std::vector<Verdict>& verdicts) {
  for (const Verdict& v : verdicts) {
    if (v.suite != gate.suite || v.split != gate.split || v.model != gate.model) continue;
    const nlohmann::ordered_json json = json_of(v);
    if (json.at(gate.field).is_null()) return text_of_gate(gate) + " is not known";
    const double got = json.at(gate.field).get<double>();
    if (gate.max && got > *gate.max)
      return fmt::format("{} is {:g}, above {:g}", text_of_gate(gate), got, *gate.max);
    if (gate.min && got < *gate.min)
      return fmt::format("{} is {:g}, below {:g}", text_of_gate(gate), got, *gate.min);
    return "";
  }
  return text_of_gate(gate) + " selects no row";
}

}  // namespace

std::string to_json_line(const Verdict& verdict) { return json_of(verdict).dump(); }

std::vector<std::string> failed_gates(const std::string& text, const std::string& file,
                                      const std::vector<Verdict>& verdicts) {
  std::vector<std::string> failed;
  for (const Gate& gate : read_gates(text, file))
    if (std::string said = fault(gate, verdicts); !said.empty()) failed.push_back(std::move(said));
  return failed;
}

std::string verdict_table(const std::vector<Verdict>& verdicts) {
  std::string text =
      fmt::format("{:32} {:12} {:10} {:>4} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}\n", "suite", "split",
                  "model", "n", "median", "p90", "max", "bias", "choice", "regret");
  for (const Verdict& v : verdicts) {
    const analysis::Accuracy& a = v.accuracy;
    text += fmt::format("{:32} {:12} {:10} {:>4} {:>6.1f}% {:>6.1f}% {:>6.1f}% {:>+6.1f}%", v.suite,
                        v.split, v.model, a.n, a.median_ape, a.p90_ape, a.max_ape, a.bias);
    text +=
        a.cells > 0 ? fmt::format(" {:>6.0f}% {:>6.1f}%\n", 100 * a.choice_right, a.regret) : "\n";
  }
  return text;
}

}  // namespace twinlink::scenarios
