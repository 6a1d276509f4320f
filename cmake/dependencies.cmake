# Every library the program stands on, each as an imported target. A missing one stops the
# configuration and names the Debian package that has it; packaging/install-dependencies gets them all.
set(THREADS_PREFER_PTHREAD_FLAG ON)

function(fm_missing what package)
    message(FATAL_ERROR "${what} was not found. It is in the Debian package ${package}: "
        "apt install ${package}, or let packaging/install-dependencies get everything.")
endfunction()

# fm_require(<Debian package> <arguments of find_package>...)
macro(fm_require package name)
    find_package(${name} ${ARGN} QUIET)
    if(NOT ${name}_FOUND)
        string(JOIN " " fm_wanted ${name} ${ARGN})
        fm_missing("${fm_wanted}" ${package})
    endif()
endmacro()

# For a library that brings no CMake files: fm_find_library(<target> <Debian package> <header> <library>)
function(fm_find_library target package header library)
    find_path(${library}_INCLUDE_DIR ${header})
    find_library(${library}_LIBRARY ${library})
    if(NOT ${library}_INCLUDE_DIR OR NOT ${library}_LIBRARY)
        fm_missing("lib${library}" ${package})
    endif()
    add_library(${target} UNKNOWN IMPORTED GLOBAL)
    set_target_properties(${target} PROPERTIES
        IMPORTED_LOCATION ${${library}_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${${library}_INCLUDE_DIR})
endfunction()

fm_require(qt6-base-dev Qt6 6.4.2 COMPONENTS Core Network Concurrent Gui Widgets)
fm_require(libqt6svg6-dev Qt6Svg 6.4.2)               # Qt6::Svg: the icons of the console
if(FM_BUILD_TESTS)
    fm_require(qt6-base-dev Qt6 6.4.2 COMPONENTS Test)
endif()
fm_require(libssl-dev OpenSSL 3.0 COMPONENTS Crypto)  # OpenSSL::Crypto
fm_require(zlib1g-dev ZLIB)                           # ZLIB::ZLIB
fm_require(libleveldb-dev leveldb)                    # leveldb::leveldb
fm_require(libsnappy-dev Snappy)                      # Snappy::snappy
fm_require(libsimdjson-dev simdjson)                  # simdjson::simdjson
fm_require(libboost-dev Boost 1.74)                   # Boost::headers: Beast and Asio, of core/serve
fm_require(libcli11-dev CLI11)                        # CLI11::CLI11
fm_require(libtomlplusplus-dev tomlplusplus)          # tomlplusplus::tomlplusplus
fm_require(qtkeychain-qt6-dev Qt6Keychain)            # qt6keychain
fm_require(libcurl4-openssl-dev CURL 7.85)            # CURL::libcurl: e-mail and webhooks, of core/alert
fm_find_library(libdeflate::libdeflate libdeflate-dev libdeflate.h deflate)

# KArchive: KDE Frameworks 6 where it is packaged, else 5.116 built against Qt 6, which
# packaging/install-dependencies puts in build/deps/karchive. Either way it is fm::archive_lib.
find_package(KF6Archive CONFIG QUIET)
if(KF6Archive_FOUND)
    set(fm_karchive KF6::Archive)
else()
    find_package(KF5Archive 5.116 CONFIG QUIET)
    if(NOT KF5Archive_FOUND)
        message(FATAL_ERROR "KArchive for Qt 6 was not found. Debian 13 and newer have it in the package "
            "libkf6archive-dev; on Debian 12 packaging/install-dependencies builds it.")
    endif()
    set(fm_karchive KF5::Archive)
    get_target_property(fm_karchive_links KF5::Archive INTERFACE_LINK_LIBRARIES)
    if(NOT fm_karchive_links MATCHES "Qt6::Core")
        message(FATAL_ERROR "The KArchive in ${KF5Archive_DIR} is built against Qt 5. "
            "packaging/install-dependencies builds one against Qt 6.")
    endif()
endif()
add_library(fm_archive_lib INTERFACE)
target_link_libraries(fm_archive_lib INTERFACE ${fm_karchive})
add_library(fm::archive_lib ALIAS fm_archive_lib)
