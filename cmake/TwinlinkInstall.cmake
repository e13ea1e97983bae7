# cmake --install: the program, its data, the libraries with their headers, and find_package(twinlink).
include(CMakePackageConfigHelpers)

set(TL_DATA_DIR ${CMAKE_INSTALL_DATADIR}/twinlink)
set(TL_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/twinlink)

install(TARGETS twinlink RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY scenarios/library scenarios/profiles scenarios/schema DESTINATION ${TL_DATA_DIR}
        FILES_MATCHING PATTERN "*.json")
install(TARGETS twinlink_topology twinlink_models twinlink_sim twinlink_realgpu twinlink_analysis EXPORT twinlink
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY topology models sim realgpu analysis DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/twinlink
        FILES_MATCHING PATTERN "*.h")
install(EXPORT twinlink NAMESPACE twinlink:: DESTINATION ${TL_CONFIG_DIR} FILE twinlinkTargets.cmake)
configure_package_config_file(cmake/twinlinkConfig.cmake.in ${PROJECT_BINARY_DIR}/twinlinkConfig.cmake
                              INSTALL_DESTINATION ${TL_CONFIG_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/twinlinkConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/twinlinkConfig.cmake ${PROJECT_BINARY_DIR}/twinlinkConfigVersion.cmake
        DESTINATION ${TL_CONFIG_DIR})
