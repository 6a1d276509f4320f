# fm_core_library(<name> SOURCES <file>... LINKS <target>...): one part of core, a static library.
function(fm_core_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
        message(FATAL_ERROR "usage: fm_core_library(<name> SOURCES <file>... LINKS <target>...)")
    endif()
    add_library(${name} STATIC ${arg_SOURCES})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC fm_policy ${arg_LINKS})
endfunction()

# fm_test(<name> SOURCES <file>... LINKS <target>... [LABELS <label>...] [TIMEOUT <seconds>]):
# one Qt Test program test_<name>, known to ctest as <name>.
function(fm_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LINKS;LABELS")
    if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
        message(FATAL_ERROR "usage: fm_test(<name> SOURCES <file>... LINKS <target>... "
            "[LABELS <label>...] [TIMEOUT <seconds>])")
    endif()
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    add_executable(test_${name} ${arg_SOURCES})
    target_include_directories(test_${name} PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_definitions(test_${name} PRIVATE FM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    set_target_properties(test_${name} PROPERTIES AUTOMOC ON)
    target_link_libraries(test_${name} PRIVATE fm_policy Qt6::Test ${arg_LINKS})
    # Without the crash handler: it waits for gdb, which can hang.
    add_test(NAME ${name} COMMAND test_${name} -nocrashhandler)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}")
    # Qt Test gives up on a function after five minutes by itself; ctest watches over the whole.
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "QTEST_FUNCTION_TIMEOUT=${arg_TIMEOUT}000")
endfunction()
