# How every target of ours is compiled. Third-party headers come in as system headers and are exempt.
include(CheckPIESupported)
check_pie_supported()

add_library(fm_policy INTERFACE)
target_compile_features(fm_policy INTERFACE cxx_std_20)
target_compile_definitions(fm_policy INTERFACE
    QT_NO_CAST_FROM_ASCII
    QT_NO_CAST_TO_ASCII
    QT_NO_CAST_FROM_BYTEARRAY
    QT_NO_URL_CAST_FROM_STRING
    QT_NO_CONTEXTLESS_CONNECT
    QT_NO_NARROWING_CONVERSIONS_IN_CONNECT
    QT_NO_FOREACH
    QT_USE_QSTRINGBUILDER
    QT_STRICT_ITERATORS
    QT_DISABLE_DEPRECATED_BEFORE=0x060400
    $<$<BOOL:${FM_TESTING}>:FM_FAILPOINTS=1>)

if(MSVC)
    target_compile_options(fm_policy INTERFACE /W4 /permissive- /utf-8 $<$<BOOL:${FM_WERROR}>:/WX>)
    return()
endif()

target_compile_options(fm_policy INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wcast-qual
    # Clang counts sign changes among -Wconversion, GCC does not; one rule for both.
    $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wno-sign-conversion>
    $<$<BOOL:${FM_WERROR}>:-Werror>)

# Hardening: bounds checks of the standard library everywhere; what needs the optimiser, in releases.
target_compile_definitions(fm_policy INTERFACE _GLIBCXX_ASSERTIONS)
set(fm_release $<CONFIG:Release,RelWithDebInfo>)
target_compile_options(fm_policy INTERFACE
    "$<${fm_release}:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3;-fstack-protector-strong;-fstack-clash-protection>")
target_link_options(fm_policy INTERFACE "$<${fm_release}:LINKER:-z,relro,-z,now,-z,noexecstack>")

# Helpers of the developer's machine, used where they are installed.
find_program(FM_CCACHE ccache)
if(FM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${FM_CCACHE})
endif()
find_program(FM_MOLD mold)
find_program(FM_LLD ld.lld)
if(FM_MOLD)
    add_link_options(-fuse-ld=mold)
elseif(FM_LLD)
    add_link_options(-fuse-ld=lld)
endif()
