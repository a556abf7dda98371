# The functions that authors of modules use, in this repository and after find_package(Shoal):
#
#   shoal_add_module(aquarium.screen.home SOURCES home.cpp LINK aquarium.layout.page)
#   shoal_add_library(aquarium.layout.page SOURCES page.cpp)
#
# The dotted name is the CMake target. Its dots become folders below SHOAL_APPS_DIR, which is apps/ in the
# build folder by default: apps/aquarium/screen/home.so. LINK takes the dotted names of library modules,
# and any other CMake target. Modules that link to a library module find its headers.

function(shoal_add_module name)
  _shoal_add_published(${name} ${ARGN})
endfunction()

function(shoal_add_library name)
  _shoal_add_published(${name} ${ARGN})
  target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
endfunction()

# A base class may be linked seconds before the last class that derives from it. A container that serves
# the apps folder would load the new base class with an old child. So modules are linked in a folder
# beside it. When everything is built, the target shoal_apps, part of `all`, publishes what has changed: it
# puts those files into the apps folder at once. A build without modules has the target too, to remove
# what an earlier build has published.
if(NOT TARGET shoal_apps)
  set(_shoal_plan ${CMAKE_BINARY_DIR}/CMakeFiles/shoal_published/plan-$<CONFIG>.cmake)
  add_custom_target(shoal_apps ALL
    COMMAND ${CMAKE_COMMAND} -D PLAN=${_shoal_plan} -D TREE=${CMAKE_BINARY_DIR}
            -P ${CMAKE_CURRENT_LIST_DIR}/ShoalPublish.cmake
    COMMENT "Publishing modules"
    VERBATIM)
  file(GENERATE OUTPUT ${_shoal_plan}
       CONTENT "$<GENEX_EVAL:$<TARGET_PROPERTY:shoal_apps,SHOAL_PLAN>>")
  unset(_shoal_plan)
endif()

function(_shoal_add_published name)
  set(default ${CMAKE_BINARY_DIR}/apps)
  set(folder ${default})
  if(DEFINED SHOAL_APPS_DIR)
    cmake_path(ABSOLUTE_PATH SHOAL_APPS_DIR BASE_DIRECTORY ${CMAKE_BINARY_DIR} NORMALIZE
               OUTPUT_VARIABLE folder)
    string(REGEX REPLACE "(.)/$" "\\1" folder ${folder})
  endif()
  # Each build links in its own build folder, because other builds may publish into the same apps folder.
  set(SHOAL_APPS_DIR ${default}.linked)
  if(NOT folder STREQUAL default)
    string(SHA256 hash ${folder})
    string(SUBSTRING ${hash} 0 8 hash)
    string(APPEND SHOAL_APPS_DIR .${hash})
  endif()
  _shoal_add(${name} ${name} ${ARGN})
  add_dependencies(shoal_apps ${name})
  string(REPLACE "." "/" path ${name})
  set_property(TARGET shoal_apps APPEND_STRING PROPERTY SHOAL_PLAN
    "shoal_publish([==[${folder}]==] ${path}.so [==[$<TARGET_FILE:${name}>]==])\n")
endfunction()

# `target` differs from `name` only in Shoal's tests, which build several versions of one module.
function(_shoal_add target name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "SOURCES;LINK")
  if(NOT name MATCHES "^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$")
    message(FATAL_ERROR "${name}: not a dotted name; use letters, digits, _ and -, joined by dots")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${name}: unknown arguments ${arg_UNPARSED_ARGUMENTS}; use SOURCES and LINK")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "${name}: SOURCES is missing; name the source files")
  endif()

  string(REPLACE "." "/" path ${name})
  cmake_path(GET path PARENT_PATH folder)
  cmake_path(GET path FILENAME file)
  add_library(${target} SHARED ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES
    PREFIX ""
    OUTPUT_NAME ${file}
    LIBRARY_OUTPUT_DIRECTORY ${SHOAL_APPS_DIR}/${folder}
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    SKIP_BUILD_RPATH ON
    BUILD_WITH_INSTALL_RPATH ON
    INSTALL_RPATH ""
    SHOAL_MODULE ON
    NO_SONAME ON)
  # Static variables in inline functions must not become unique symbols, which prevent dlclose from
  # unloading the library.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  # The container loads copies of the modules from the stage of a generation: one folder, whose files have
  # the dotted names. A soname with $ORIGIN lets a child find the base class in its own stage, and not
  # that of another generation. The option is in a file because generators and shells quote the dollar
  # sign in different ways.
  set(soname ${CMAKE_CURRENT_BINARY_DIR}/${target}.soname)
  file(WRITE ${soname} "-soname=$ORIGIN/${name}.so\n")
  target_link_options(${target} PRIVATE LINKER:@${soname} LINKER:-z,now LINKER:-z,defs)
  target_link_libraries(${target} PRIVATE Shoal::shoal PUBLIC ${arg_LINK})
  # Called at the end of the folder, when all targets and their libraries are known.
  cmake_language(EVAL CODE "cmake_language(DEFER CALL _shoal_set_run_path [[${target}]])")
endfunction()

# The container opens a copy of the module in another folder, so the run path of the module has the folder
# of each shared library that it links to. The run path that CMake would set also has the folders of
# libshoal and of the modules that it links to. These are not needed, and would be a risk: on another
# machine such a folder may belong to any user, and the container would run code from it.
#
# Some imported targets are visible only in this folder, and targets of later folders only at the end of
# the configuration. So what this pass does not know is looked for in a second pass at the end.
function(_shoal_set_run_path target)
  set(folders)
  set(unknown)
  set(visited Shoal::shoal)
  set(items ${ARGN})
  if(NOT items)
    get_target_property(items ${target} LINK_LIBRARIES)
  endif()
  while(items)
    list(POP_FRONT items item)
    string(REGEX REPLACE "^\\$<(LINK_ONLY|BUILD_INTERFACE|BUILD_LOCAL_INTERFACE):(.*)>$" "\\2" item "${item}")
    if(item IN_LIST visited)
      continue()
    endif()
    list(APPEND visited "${item}")
    if(TARGET "${item}")
      get_target_property(type ${item} TYPE)
      get_target_property(is_module ${item} SHOAL_MODULE)
      if(type MATCHES "^(SHARED|UNKNOWN)_LIBRARY$" AND NOT is_module)
        list(APPEND folders $<TARGET_FILE_DIR:${item}>)
      endif()
      get_target_property(further ${item} INTERFACE_LINK_LIBRARIES)
      if(further)
        list(APPEND items ${further})
      endif()
    elseif(item MATCHES "^/.*\\.so(\\.[0-9.]+)?$")
      cmake_path(GET item PARENT_PATH folder)
      list(APPEND folders ${folder})
    elseif(NOT item MATCHES "^-|[/$]")
      list(APPEND unknown ${item})
    endif()
  endwhile()
  if(unknown AND NOT ARGN)
    cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [[${CMAKE_SOURCE_DIR}]]
      CALL _shoal_set_run_path [[${target}]] [[${unknown}]])")
  endif()
  if(folders)  # without the folders that the dynamic linker searches by default
    set_property(TARGET ${target} APPEND PROPERTY INSTALL_RPATH
      "$<REMOVE_DUPLICATES:$<FILTER:${folders},EXCLUDE,^(/usr)?/lib(64)?(/[^/]+-linux-gnu)?$>>")
  endif()
endfunction()
