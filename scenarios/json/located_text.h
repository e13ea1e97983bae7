#pragma once
// Where things stand in a JSON text, for messages.
//
// TextCursor follows a parser's events through the text, token by token, so that each value and key
// has its byte offset (nlohmann 3.11 keeps none). locate() finds the places of a few JSON pointers
// by a second walk through the text; it is called only when there is something to complain about,
// so that a good file pays nothing. The text must be JSON that parse_json accepted.
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace twinlink::scenarios {

struct Position {
  int line = 0, column = 0;  // 1-based; columns count code points
};
Position position_at(std::string_view text, std::size_t offset);

class TextCursor {
 public:
  explicit TextCursor(std::string_view text);
  // Offset of the next token; white space, comments, ',' and ':' are skipped.
  std::size_t next_start();
  // As next_start, and steps over the token: a bracket, a string, a number or a literal.
  std::size_t take();

 private:
  void skip_comment();
  std::string_view text_;
  std::size_t at_ = 0;
};

struct Place {
  Position value, key;  // key: {} for elements of arrays and the root
};
// Places of those of `pointers` that exist.
std::map<std::string, Place> locate(const std::string& text, const std::set<std::string>& pointers);

// Escapes ~ and / of one step of a JSON pointer (RFC 6901).
std::string pointer_step(std::string_view key);
// "/a/b" -> "/a"; "" for a pointer of one step.
std::string parent_pointer(const std::string& pointer);

}  // namespace twinlink::scenarios
