#include "topology/error.h"

#include <doctest/doctest.h>

using namespace twinlink;

TEST_CASE("an issue prints the parts that are known") {
  CHECK(to_text({"/ranks", "too many", "a.json", 3, 9}) == "a.json:3:9: /ranks: too many");
  CHECK(to_text({"/ranks", "too many", "a.json", 0, 0}) == "a.json: /ranks: too many");
  CHECK(to_text({"/ranks", "too many", "", 0, 0}) == "/ranks: too many");
  CHECK(to_text({"", "too many", "", 0, 0}) == "too many");
}

TEST_CASE("an InputError shows all its issues, one a line") {
  const InputError error(
      std::vector<InputIssue>{{"/a", "first", "", 0, 0}, {"/b", "second", "", 0, 0}});
  CHECK(std::string(error.what()) == "/a: first\n/b: second");
  REQUIRE(error.issues().size() == 2);
  CHECK(error.issues()[1].pointer == "/b");
  CHECK(std::string(InputError("alone").what()) == "alone");
  CHECK(std::string(InputError("here", "/x").what()) == "/x: here");
}

TEST_CASE("a broken promise is an InternalError that names the condition") {
  CHECK_NOTHROW(TL_ENSURE(1 + 1 == 2, "arithmetic"));
  CHECK_THROWS_WITH_AS(TL_ENSURE(1 > 2, "order"),
                       doctest::Contains("broken promise: order (1 > 2)"), InternalError);
}

TEST_CASE("nearest_name allows a third of the letters to be wrong") {
  const std::vector<std::string> names{"ring", "blelloch", "two_shot"};
  CHECK(nearest_name("rng", names) == "ring");           // one letter left out
  CHECK(nearest_name("bleloch", names) == "blelloch");   // one letter left out
  CHECK(nearest_name("blelochh", names) == "blelloch");  // 8 letters allow 2; this is 2 off
  CHECK(nearest_name("two-shot", names) == "two_shot");
  CHECK(nearest_name("ring", names) == "ring");
  CHECK(nearest_name("tree", names).empty());  // 4 letters allow 1 edit; ring is 4 away
  CHECK(nearest_name("", names).empty());
  CHECK(nearest_name("ring", {}).empty());
}

TEST_CASE("ties go to the first candidate") {
  CHECK(nearest_name("gpu9", {"gpu1", "gpu2"}) == "gpu1");
  CHECK(nearest_name("gpu9", {"gpu2", "gpu1"}) == "gpu2");
}

TEST_CASE("did_you_mean ends a message") {
  CHECK(did_you_mean("rng", {"ring"}) == " Did you mean \"ring\"?");
  CHECK(did_you_mean("xyz", {"ring"}).empty());
}
