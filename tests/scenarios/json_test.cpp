#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "scenarios/json/document.h"
#include "scenarios/json/located_text.h"
#include "scenarios/json/object_reader.h"
#include "scenarios/json/parse.h"

using namespace twinlink;
using namespace twinlink::scenarios;

namespace {

std::string error_of(const std::string& text) {
  try {
    parse_json(text, "f", {});
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("every value and key has its place, comments and UTF-8 included") {
  const std::string text =
      "{ // a comment with \"quotes\": {\n"
      "  \"caf\xC3\xA9\": \"a\\\"b\", \"x/y\": [1, -2.5e3,\n"
      "   {\"deep\" /* here */ : null}], \"z\": true\n"
      "}";
  const auto places =
      locate(text, {"", "/caf\xC3\xA9", "/x~1y", "/x~1y/1", "/x~1y/2/deep", "/z", "/none"});
  CHECK(places.size() == 6);
  const auto is = [&](const char* pointer, Position value, Position key) {
    const Place& place = places.at(pointer);
    CHECK(std::pair(place.value.line, place.value.column) == std::pair(value.line, value.column));
    CHECK(std::pair(place.key.line, place.key.column) == std::pair(key.line, key.column));
  };
  is("", {1, 1}, {});
  is("/caf\xC3\xA9", {2, 11}, {2, 3});  // columns count code points: e-acute is one
  is("/x~1y", {2, 26}, {2, 19});
  is("/x~1y/1", {2, 30}, {});
  is("/x~1y/2/deep", {3, 25}, {3, 5});
  is("/z", {3, 38}, {3, 33});
}

TEST_CASE("the text of a byte order mark is not a value") {
  CHECK(parse_json("\xEF\xBB\xBF{\"a\": 1}", "f", {}).at("a") == 1);
  const auto places = locate("\xEF\xBB\xBF{\"a\": 1}", {"/a"});
  CHECK(places.at("/a").key.column == 3);  // the mark itself is one code point
}

TEST_CASE("deep nesting is refused at the limit, whatever follows") {
  const std::string deep(10'000'000, '[');
  CHECK(error_of(deep) == "f:1:65: nested more than 64 levels deep");
  std::string objects;
  for (int i = 0; i < 1'000'000; ++i) objects += "{\"a\":";
  CHECK(error_of(objects) == "f:1:321: nested more than 64 levels deep");  // 64 x 5 + 1
  CHECK(error_of(std::string(64, '[') + std::string(64, ']')) == "accepted");
}

TEST_CASE("a text over the size limit is refused unread") {
  try {
    parse_json("[1, 2, 3]", "f", {.bytes = 8});
    FAIL("accepted");
  } catch (const InputError& error) {
    CHECK(std::string(error.what()) == "f: the file has 9 bytes; at most 8 B are read");
  }
}

TEST_CASE("every duplicate key is reported, also inside dropped values") {
  CHECK(error_of("{\"a\": 1,\n \"a\": {\"b\": 1, \"b\": [{\"c\": 1, \"c\": 2}]}}") ==
        "f:2:2: /a: duplicate key \"a\"\n"
        "f:2:16: /a/b: duplicate key \"b\"\n"
        "f:2:31: /a/b/0/c: duplicate key \"c\"");
}

TEST_CASE("a file of nothing but errors stops after a hundred") {
  std::string text = "{\"a\": 0";
  for (int i = 0; i < 100'000; ++i) text += ", \"a\": 0";
  try {
    parse_json(text + "}", "f", {});
    FAIL("accepted");
  } catch (const InputError& error) {
    CHECK(error.issues().size() == 100);
  }
}

TEST_CASE("every prefix of a good file is refused, with the end as its place") {
  const std::string text = "{\"a\": [1.5, true, \"x\\u00e9\"], \"b\": {\"c\": null}} ";
  REQUIRE(error_of(text) == "accepted");
  for (std::size_t n = 0; n + 1 < text.size(); ++n) {
    CAPTURE(n);
    CHECK(error_of(text.substr(0, n)).starts_with("f:1:"));
  }
}

TEST_CASE("readers collect every issue in the order of the file") {
  Document document("{\"b\": \"x\", \"a\": 7, \"rank\": 1}", "f");
  ObjectReader object(document.root());
  const auto a = read_integer(*object.required("a"), {1, 5});
  const auto b = read_bool(*object.required("b"));
  object.optional("ranks");
  object.required("c");
  object.finish();
  CHECK(!a);
  CHECK(!b);
  try {
    document.throw_if_any();
    FAIL("accepted");
  } catch (const InputError& error) {
    CHECK(std::string(error.what()) ==
          "f:1:1: \"c\" is missing\n"
          "f:1:7: /b: expected true or false; found \"x\"\n"
          "f:1:17: /a: 7 is out of range; allowed is 1 to 5\n"
          "f:1:20: /rank: unknown key \"rank\". Did you mean \"ranks\"?");
  }
}

TEST_CASE("rows are handed out one by one and not kept") {
  Document document("{\"a\": [[1], 2, {\"b\": [3]}], \"c\": [4]}", "f", {.rows = "a"});
  CHECK(document.tree() == nlohmann::json::parse("{\"a\": [], \"c\": [4]}"));
  std::string seen;
  document.for_each_row(
      [&](const Value& row) { seen += row.pointer + "=" + row.node->dump() + " "; });
  CHECK(seen == "/a/0=[1] /a/1=2 /a/2={\"b\":[3]} ");
}

TEST_CASE("duplicate keys inside rows are found when the rows are read") {
  Document document("{\"a\": [{\"b\": 1, \"b\": 2}]}", "f", {.rows = "a"});
  try {
    document.for_each_row([](const Value&) {});
    FAIL("accepted");
  } catch (const InputError& error) {
    CHECK(std::string(error.what()) == "f:1:17: /a/0/b: duplicate key \"b\"");
  }
}
