# Faster builds where the tools are there, and the warnings.
find_program(CCACHE ccache)
if(CCACHE)
  # The two sloppiness flags let ccache serve files that use the precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wno-missing-field-initializers
                    # false alarms of g++ 12 inside the standard library and nlohmann-json
                    -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds)
if(NAS_WERROR)
  add_compile_options(-Werror)
endif()
if(NAS_SANITIZE)
  add_compile_options(-fsanitize=${NAS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${NAS_SANITIZE})
endif()
if(NAS_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
if(NAS_SANITIZE OR NAS_COVERAGE)
  add_compile_definitions(NAS_INSTRUMENTED)  # the program ends so that reports are written
endif()
add_compile_options(-fpch-preprocess)
