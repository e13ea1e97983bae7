# Rules shared by all targets: C++20, warnings as errors, sanitizers, includes from the repository root.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(twinlink_options INTERFACE)
target_compile_options(twinlink_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wold-style-cast>
  # One rounding for every build: fused multiply-adds would change the last bit of shares.
  $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>
  # g++ 12 reports overlaps in "text" + std::string that are not there (its bug 105651), at -O2 up.
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-restrict>
  # clang counts int -> size_t to -Wconversion, g++ does not.
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:Clang>>:-Wno-sign-conversion>)
if(TL_WERROR)
  target_compile_options(twinlink_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(TL_SANITIZE)
  target_compile_options(twinlink_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${TL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all>)
  target_link_options(twinlink_options INTERFACE -fsanitize=${TL_SANITIZE})
  target_compile_definitions(twinlink_options INTERFACE TL_SANITIZED)
endif()

# twinlink_library(NAME SOURCES file... [LIBS target...]): the static library twinlink_NAME.
# LIBS are public (other twinlink folders, libraries to link); PRIVATE_LIBS are header-only third parties
# that only our own sources include.
function(twinlink_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS;PRIVATE_LIBS" ${ARGN})
  add_library(twinlink_${name} STATIC ${ARG_SOURCES})
  add_library(twinlink::${name} ALIAS twinlink_${name})
  target_include_directories(twinlink_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/twinlink>)
  target_compile_features(twinlink_${name} PUBLIC cxx_std_20)
  target_link_libraries(twinlink_${name} PUBLIC ${ARG_LIBS}
                        PRIVATE $<BUILD_INTERFACE:twinlink_options>)
  # Users of the installed package do not need what only our sources include.
  foreach(lib ${ARG_PRIVATE_LIBS})
    target_link_libraries(twinlink_${name} PRIVATE $<BUILD_INTERFACE:${lib}>)
  endforeach()
  set_target_properties(twinlink_${name} PROPERTIES EXPORT_NAME ${name})
  # Four fifths of a sanitized compilation are code generation, half of that optimisation. Only the
  # simulator and the host's arithmetic run long enough in tests to earn it back.
  if(TL_SANITIZE AND name STREQUAL "sim")
    target_compile_options(twinlink_${name} PRIVATE -O1)
  endif()
endfunction()

# Programs whose tests leave something out under sanitizers: scripts/check builds this target
# optimised, too, and runs their label, where nothing is left out.
add_custom_target(thinned_tests)
if(TL_SANITIZE)
  message(STATUS "twinlink: tests labelled `thinned` take a sample here (tests/support/rank_counts.h);"
                 " a build without sanitizers takes all")
endif()

# twinlink_tests(NAME SOURCES file... LIBS target... [LABEL label]): one doctest program, each case a
# ctest. If one of its sources includes tests/support/rank_counts.h, the label is `thinned`.
function(twinlink_tests name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;LIBS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  set(cost 0)
  foreach(source ${ARG_SOURCES})
    get_filename_component(source ${source} ABSOLUTE)
    file(STRINGS ${source} samples REGEX "include \"tests/support/rank_counts\\.h\"" LIMIT_COUNT 1)
    if(samples)
      set(ARG_LABEL thinned)
      set(cost 100)  # the long ones begin first
      add_dependencies(thinned_tests test_${name})
    endif()
  endforeach()
  # doctest's own code is compiled once for all programs.
  if(NOT TARGET doctest_main)
    add_library(doctest_main OBJECT ${PROJECT_SOURCE_DIR}/tests/support/main.cpp)
    target_link_libraries(doctest_main PUBLIC doctest::doctest PRIVATE twinlink_options)
  endif()
  add_executable(test_${name} ${ARG_SOURCES})
  target_link_libraries(test_${name} PRIVATE doctest_main ${ARG_LIBS} doctest::doctest twinlink_options)
  target_compile_definitions(test_${name} PRIVATE TL_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  doctest_discover_tests(test_${name} TEST_PREFIX "${name}: " PROPERTIES TIMEOUT 900 LABELS ${ARG_LABEL} COST ${cost})
endfunction()
