#include "tests/scenarios/bad_input.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "scenarios/files/plan_json.h"
#include "scenarios/files/profile_json.h"
#include "scenarios/files/read_file.h"
#include "scenarios/files/topology_json.h"
#include "scenarios/scenario.h"
#include "topology/error.h"

namespace twinlink::tests {

using namespace twinlink::scenarios;
namespace fs = std::filesystem;

std::vector<BadFile> bad_files(const std::string& kind) {
  std::vector<BadFile> files;
  for (const auto& entry : fs::directory_iterator(fs::path(TL_SOURCE_DIR) / "tests/bad" / kind))
    if (entry.path().extension() == ".json")
      files.push_back(
          {kind, entry.path().filename().string(), read_file(entry.path()), entry.path()});
  std::ranges::sort(files, {}, &BadFile::name);
  return files;
}

std::string error_of(const std::string& kind, const std::string& text, const std::string& name) {
  try {
    if (kind == "scenario") read_scenario(text, name, {});
    if (kind == "topology") read_topology(text, name);
    if (kind == "profile") read_profile(text, name);
    if (kind == "plan") read_plan(text, name);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

namespace {

// Each x.json has x.txt beside it with the exact message. TWINLINK_UPDATE=1 writes them anew.
void check_messages(const std::string& kind) {
  const bool update = std::getenv("TWINLINK_UPDATE") != nullptr;
  for (const BadFile& file : bad_files(kind)) {
    CAPTURE(file.name);
    const std::string message = error_of(kind, file.text, file.name) + "\n";
    const fs::path expected = fs::path(file.path).replace_extension(".txt");
    if (update) std::ofstream(expected) << message;
    REQUIRE(fs::exists(expected));
    CHECK(message == read_file(expected));
    CHECK(message != "accepted\n");
  }
}

}  // namespace

TEST_CASE("bad scenarios: exact messages") { check_messages("scenario"); }
TEST_CASE("bad topologies: exact messages") { check_messages("topology"); }
TEST_CASE("bad profiles: exact messages") { check_messages("profile"); }
TEST_CASE("bad plans: exact messages") { check_messages("plan"); }

TEST_CASE("there are at least sixty bad files") {
  std::size_t count = 0;
  for (const std::string& kind : bad_kinds()) count += bad_files(kind).size();
  CHECK(count >= 60);
}

TEST_CASE("large bad files are refused without being built up") {
  for (const std::string& kind : bad_kinds()) {
    CAPTURE(kind);
    CHECK(error_of(kind, std::string(10'000'000, '['), "x.json") ==
          "x.json:1:65: nested more than 64 levels deep");
    CHECK(error_of(kind, "\"" + std::string(10'000'000, 'a'), "x.json") ==
          "x.json:1:10000002: the file ends too early");
    CHECK(error_of(kind, std::string(1'000'000, '9'), "x.json")
              .ends_with(" is too large for a number"));
    CHECK(error_of(kind, std::string(1'000'000, '\n'), "x.json") ==
          "x.json:1000001:1: the file is empty");
  }
  CHECK(error_of("scenario", std::string((64 << 20) + 1, ' '), "x.json") ==
        "x.json: the file has 67108865 bytes; at most 64 MiB are read");
}

}  // namespace twinlink::tests
