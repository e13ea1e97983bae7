#include "scenarios/files/profile_json.h"

#include <doctest/doctest.h>

#include "scenarios/files/read_file.h"
#include "scenarios/machine.h"
#include "topology/error.h"

using namespace twinlink;
using namespace twinlink::scenarios;
using models::CalibrationProfile;
using models::Constant;

namespace {

bool same(const Constant& a, const Constant& b) {
  return a.value == b.value && a.spread == b.spread && a.provenance == b.provenance &&
         a.source == b.source;
}

bool same(const CalibrationProfile& a, const CalibrationProfile& b) {
  bool all = a.name == b.name && a.about == b.about && a.calibrated_ranks == b.calibrated_ranks &&
             a.calibrated_bytes_min == b.calibrated_bytes_min &&
             a.calibrated_bytes_max == b.calibrated_bytes_max;
  for (const models::ConstantTraits& traits : models::constant_table())
    all = all && same(a.*traits.field, b.*traits.field);
  return all;
}

// A profile whose every constant is different and awkward in decimal.
CalibrationProfile awkward() {
  CalibrationProfile profile = models::ideal_profile();
  profile.name = "awkward";
  profile.about = "line\nbreak";
  profile.calibrated_ranks = 72;
  profile.calibrated_bytes_min = {1023};
  profile.calibrated_bytes_max = gib(1);
  double value = 1.0 / 3;
  for (const models::ConstantTraits& traits : models::constant_table()) {
    profile.*traits.field = {value, value / 7, Provenance::fitted, std::string(traits.name) + "\""};
    value *= 1.5;
  }
  return profile;
}

}  // namespace

TEST_CASE("a profile survives being written and read, to the last bit") {
  for (const CalibrationProfile& made : {models::ideal_profile(), awkward()}) {
    const std::string text = write_profile(made);
    CHECK(same(made, read_profile(text, "p.json")));
    CHECK(write_profile(read_profile(text, "p.json")) == text);
  }
}

TEST_CASE("every machine profile in the repository is read and named as its file") {
  const auto names = data_names("profiles/machines");
  CHECK(names.size() >= 7);
  for (const std::string& name : names) {
    CAPTURE(name);
    const auto path = find_data("profiles/machines/" + name + ".json");
    const CalibrationProfile profile = read_profile(read_file(path), path.string());
    CHECK(profile.name == name);
    CHECK(write_profile(read_profile(write_profile(profile), "")) == write_profile(profile));
  }
}

TEST_CASE("a constant that is left out is named, or 0 if it is optional") {
  const std::string text = write_profile(models::ideal_profile());
  for (const models::ConstantTraits& traits : models::constant_table()) {
    const std::string name(traits.name);
    std::string without = text;
    if (traits.optional) {  // its whole line; none of them is the last
      const std::size_t line = without.find("    \"" + name + "\": {");
      without.erase(line, without.find('\n', line) + 1 - line);
      CHECK((read_profile(without, "").*traits.field).value == 0);
      continue;
    }
    without.replace(without.find("\"" + name + "\": {\"value\""), name.size() + 2, "\"$schema\"");
    try {
      read_profile(without, "");
      FAIL("accepted without " << name);
    } catch (const InputError& error) {
      const std::string message = error.what();
      CHECK(message.find("constants are missing: " + name) != std::string::npos);
    }
  }
}
