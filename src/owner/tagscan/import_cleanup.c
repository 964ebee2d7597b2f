/* import_cleanup.c - how many bytes of arguments imports of the kernel take off x86's stack.
 *
 * The stdcall and fastcall convention: the callee takes its arguments away, so whoever follows the
 * stack across a call must know how many there are. The file's import table does not tell; these
 * are the routines that drivers call most, counted from their published prototypes (64-bit
 * arguments count twice, those that fastcall passes in registers do not count). Variable arguments
 * and the C library's: the caller takes them away, 0.
 */
#include <string.h>

#include "base/text.h"
#include "owner/tagscan/apis.h"

/* clang-format off */
static const struct {
    uint32_t bytes;
    const char *names;
} ROWS[] = {
    {0,
     "DbgBreakPoint DbgPrint DbgPrintEx ExAcquireFastMutex ExAcquireFastMutexUnsafe "
     "ExAcquireRundownProtection ExGetPreviousMode ExInitializeRundownProtection "
     "ExInterlockedFlushSList ExInterlockedPopEntrySList ExReleaseFastMutex "
     "ExReleaseFastMutexUnsafe ExReleaseResourceLite ExReleaseRundownProtection "
     "ExTryToAcquireFastMutex ExWaitForRundownProtectionRelease "
     "ExfInterlockedRemoveHeadList InterlockedDecrement InterlockedExchange "
     "InterlockedExchangeAdd InterlockedIncrement InterlockedPopEntrySList "
     "InterlockedPushEntrySList IoGetConfigurationInformation IoGetCurrentProcess "
     "IoGetFileObjectGenericMapping IoGetInitialStack IoGetTopLevelIrp IofCallDriver "
     "IofCompleteRequest KeAcquireInStackQueuedSpinLock "
     "KeAcquireInStackQueuedSpinLockAtDpcLevel KeDetachProcess KeEnterCriticalRegion "
     "KeFlushQueuedDpcs KeGetCurrentIrql KeGetCurrentThread "
     "KeGetRecommendedSharedDataAlignment KeIsExecutingDpc KeLeaveCriticalRegion "
     "KeQueryActiveProcessors KeQueryInterruptTime KeQueryTimeIncrement "
     "KeRaiseIrqlToDpcLevel KeReleaseInStackQueuedSpinLock "
     "KeReleaseInStackQueuedSpinLockFromDpcLevel KeRevertToUserAffinityThread "
     "KefAcquireSpinLockAtDpcLevel KefReleaseSpinLockFromDpcLevel KfAcquireSpinLock "
     "KfLowerIrql KfRaiseIrql KfReleaseSpinLock MmIsThisAnNtAsSystem MmQuerySystemSize "
     "NdisGetVersion NdisWriteErrorLogEntry ObfDereferenceObject ObfReferenceObject "
     "PsGetCurrentProcessId PsGetCurrentProcessSessionId PsGetCurrentThreadId "
     "PsRevertToSelf ScsiDebugPrint ScsiPortNotification StorPortExtendedFunction "
     "StorPortNotification VideoDebugPrint VideoPortDebugPrint ZwYieldExecution _allshl "
     "_allshr _aullshr _itoa _snprintf _snwprintf _stricmp _strnicmp _vsnprintf "
     "_vsnwprintf _wcsicmp _wcsnicmp atoi atol bsearch memcmp memcpy memmove memset "
     "qsort rand sprintf srand strcat strchr strcmp strcpy strlen strncat strncmp "
     "strncpy strrchr strstr swprintf tolower toupper wcscat wcschr wcscmp wcscpy "
     "wcslen wcsncat wcsncmp wcsncpy wcsrchr wcsstr"},
    {4,
     "CcUnpinData ExAcquireSpinLockExclusive ExAcquireSpinLockShared "
     "ExConvertExclusiveToSharedLite ExDeleteNPagedLookasideList "
     "ExDeletePagedLookasideList ExDeleteResourceLite ExFreePool "
     "ExInitializeResourceLite ExInterlockedPushEntrySList "
     "ExIsResourceAcquiredExclusiveLite ExIsResourceAcquiredSharedLite ExRaiseStatus "
     "ExUnregisterCallback ExUuidCreate ExfInterlockedInsertHeadList "
     "ExfInterlockedInsertTailList FltCloseCommunicationPort FltGetRequestorProcess "
     "FltParseFileNameInformation FltReleaseContext FltReleaseFileNameInformation "
     "FltStartFiltering FltUnregisterFilter FsRtlInitializeOplock "
     "FsRtlIsNtstatusExpected FsRtlNotifyInitializeSync FsRtlUninitializeOplock "
     "FwpmEngineClose0 FwpmTransactionAbort0 FwpmTransactionCommit0 "
     "FwpsCalloutUnregisterByKey0 FwpsFreeNetBufferList0 FwpsInjectionHandleDestroy0 "
     "InterlockedCompareExchange IoAcquireCancelSpinLock IoAllocateWorkItem IoCancelIrp "
     "IoDeleteDevice IoDeleteSymbolicLink IoDetachDevice IoDisconnectInterrupt "
     "IoFreeController IoFreeErrorLogEntry IoFreeIrp IoFreeMdl IoFreeWorkItem "
     "IoGetAttachedDevice IoGetAttachedDeviceReference IoGetLowerDeviceObject "
     "IoGetRelatedDeviceObject IoGetRequestorProcess IoGetRequestorProcessId "
     "IoInvalidateDeviceState IoIsOperationSynchronous IoRegisterShutdownNotification "
     "IoReleaseCancelSpinLock IoRequestDeviceEject IoSetThreadHardErrorMode "
     "IoSetTopLevelIrp IoStartTimer IoStopTimer IoUnregisterPlugPlayNotification "
     "IoUnregisterShutdownNotification IoWMIWriteEvent IoWriteErrorLogEntry "
     "KeAcquireInterruptSpinLock KeAcquireSpinLockAtDpcLevel KeAttachProcess KeBugCheck "
     "KeCancelTimer KeClearEvent KeDeregisterBugCheckCallback KeInitializeDeviceQueue "
     "KeInitializeSpinLock KeInitializeTimer KeLowerIrql KeQueryActiveProcessorCount "
     "KeQueryPerformanceCounter KeQueryPriorityThread KeQuerySystemTime "
     "KeQueryTickCount KeReadStateEvent KeReadStateTimer KeReleaseSpinLockFromDpcLevel "
     "KeRemoveDeviceQueue KeRemoveQueueDpc KeResetEvent KeRestoreFloatingPointState "
     "KeSaveFloatingPointState KeSetSystemAffinityThread KeStallExecutionProcessor "
     "KeUnstackDetachProcess MmAllocateNonCachedMemory MmBuildMdlForNonPagedPool "
     "MmFreeContiguousMemory MmFreePagesFromMdl MmGetPhysicalAddress MmIsAddressValid "
     "MmIsDriverVerifying MmIsVerifierEnabled MmLockPagableDataSection "
     "MmPageEntireDriver MmResetDriverPaging MmUnlockPagableImageSection MmUnlockPages "
     "NdisAcquireSpinLock NdisAllocateSpinLock NdisCloseConfiguration "
     "NdisDprAcquireSpinLock NdisDprReleaseSpinLock NdisFreeBuffer NdisFreeBufferPool "
     "NdisFreeNetBufferList NdisFreeNetBufferListPool NdisFreeNetBufferPool "
     "NdisFreePacket NdisFreePacketPool NdisFreeSpinLock NdisGetCurrentSystemTime "
     "NdisGetSystemUpTime NdisIMDeInitializeDeviceInstance "
     "NdisIMDeregisterLayeredMiniport NdisIMGetDeviceContext NdisInitializeEvent "
     "NdisInterlockedDecrement NdisInterlockedIncrement "
     "NdisMDeregisterAdapterShutdownHandler NdisMDeregisterDevice "
     "NdisMDeregisterInterrupt NdisMDeregisterMiniportDriver NdisMFreeMapRegisters "
     "NdisMPromoteMiniport NdisMSleep NdisReleaseSpinLock NdisResetEvent "
     "NdisScheduleWorkItem NdisSetEvent NdisUnmapFile NtClose ObUnRegisterCallbacks "
     "PoSetSystemState PoStartNextPowerIrp PoUnregisterSystemState "
     "PsDereferenceImpersonationToken PsDereferencePrimaryToken PsGetProcessId "
     "PsReferencePrimaryToken PsRemoveCreateThreadNotifyRoutine "
     "PsRemoveLoadImageNotifyRoutine PsSetCreateThreadNotifyRoutine "
     "PsSetLoadImageNotifyRoutine PsTerminateSystemThread READ_PORT_UCHAR "
     "READ_PORT_ULONG READ_PORT_USHORT READ_REGISTER_UCHAR READ_REGISTER_ULONG "
     "READ_REGISTER_USHORT RtlClearAllBits RtlFreeAnsiString RtlFreeUnicodeString "
     "RtlGetVersion RtlImageNtHeader RtlLengthRequiredSid RtlLengthSecurityDescriptor "
     "RtlLengthSid RtlNtStatusToDosError RtlNumberGenericTableElements "
     "RtlNumberOfClearBits RtlNumberOfSetBits RtlRandom RtlRandomEx RtlSetAllBits "
     "RtlUpcaseUnicodeChar RtlUpperChar RtlValidSecurityDescriptor RtlValidSid "
     "RtlxAnsiStringToUnicodeSize RtlxUnicodeStringToAnsiSize ScsiPortStallExecution "
     "SeCaptureSubjectContext SeDeassignSecurity SeLockSubjectContext "
     "SeReleaseSubjectContext SeTokenIsAdmin SeTokenType SeUnlockSubjectContext "
     "TdiDeregisterPnPHandlers USBD_GetUSBDIVersion VideoPortReadPortUchar "
     "VideoPortStallExecution ZwClose ZwDeleteFile ZwDeleteKey ZwFlushKey ZwLoadDriver "
     "ZwMakeTemporaryObject ZwUnloadDriver"},
    {8,
     "CcSetFileSizes CmUnRegisterCallback ExAcquireResourceExclusiveLite "
     "ExAcquireResourceSharedLite ExAcquireSharedStarveExclusive "
     "ExInterlockedRemoveHeadList ExLocalTimeToSystemTime ExQueueWorkItem "
     "ExReleaseSpinLockExclusive ExReleaseSpinLockShared ExSetTimerResolution "
     "ExSystemTimeToLocalTime FltCloseClientPort FltGetInstanceContext "
     "FwpmCalloutDeleteByKey0 FwpmFilterDeleteByKey0 FwpmProviderDeleteByKey0 "
     "FwpmSubLayerDeleteByKey0 FwpmTransactionBegin0 HalGetAdapter "
     "IoAllocateErrorLogEntry IoAllocateIrp IoAttachDeviceToDeviceStack "
     "IoCreateNotificationEvent IoCreateStreamFileObject IoCreateSymbolicLink "
     "IoCreateSynchronizationEvent IoCreateUnprotectedSymbolicLink IoCsqRemoveIrp "
     "IoCsqRemoveNextIrp IoGetDriverObjectExtension IoGetStackLimits "
     "IoInvalidateDeviceRelations IoIsWdmVersionAvailable IoMakeAssociatedIrp "
     "IoRegisterFsRegistrationChange IoReportTargetDeviceChange IoReuseIrp "
     "IoSetDeviceInterfaceState IoStartNextPacket IoUnregisterFsRegistrationChange "
     "IoUpdateShareAccess IoVerifyVolume IoWMIRegistrationControl KeInitializeMutex "
     "KeInitializeTimerEx KeInsertDeviceQueue KeReleaseInterruptSpinLock KeReleaseMutex "
     "KeRemoveEntryDeviceQueue KeSetImportanceDpc KeSetPriorityThread "
     "KeSetTargetProcessorDpc KeStackAttachProcess MmFlushImageSection "
     "MmFreeMappingAddress MmFreeNonCachedMemory MmGetVirtualForPhysical "
     "MmMapLockedPages MmProtectMdlSystemAddress MmSizeOfMdl MmUnmapIoSpace "
     "MmUnmapLockedPages NdisAnsiStringToUnicodeString NdisCancelSendPackets "
     "NdisCloseAdapter NdisDeregisterProtocol NdisGetBufferPhysicalArraySize "
     "NdisGetReceivedPacket NdisIMAssociateMiniport NdisInitializeString "
     "NdisMCancelTimer NdisMIndicateStatusEx NdisMRegisterUnloadHandler "
     "NdisMSetMiniportAttributes NdisMSetPeriodicTimer NdisMSetTimer NdisReturnPackets "
     "NdisSetTimer NdisTerminateWrapper NdisUnchainBufferAtBack "
     "NdisUnchainBufferAtFront NdisUnicodeStringToAnsiString NdisUpcaseUnicodeString "
     "NdisWaitEvent ObCloseHandle ObDereferenceSecurityDescriptor ObRegisterCallbacks "
     "ObReleaseObjectSecurity PoCallDriver PoRegisterSystemState "
     "PsLookupProcessByProcessId PsLookupThreadByThreadId "
     "PsSetCreateProcessNotifyRoutine RtlAppendStringToString "
     "RtlAppendUnicodeStringToString RtlAppendUnicodeToString RtlCheckRegistryKey "
     "RtlCopyUnicodeString RtlCreateRegistryKey RtlCreateSecurityDescriptor "
     "RtlDeleteElementGenericTable RtlDeleteElementGenericTableAvl RtlDeleteNoSplay "
     "RtlEnumerateGenericTable RtlEnumerateGenericTableWithoutSplaying RtlEqualSid "
     "RtlGUIDFromString RtlGetElementGenericTable RtlInitAnsiString RtlInitString "
     "RtlLookupElementGenericTable RtlLookupElementGenericTableAvl RtlMapGenericMask "
     "RtlStringFromGUID RtlSubAuthoritySid RtlTimeFieldsToTime RtlTimeToTimeFields "
     "RtlUpperString RtlVolumeDeviceToDosName RtlZeroMemory ScsiPortFreeDeviceBase "
     "SeImpersonateClientEx SeQueryAuthenticationIdToken "
     "USBD_CreateConfigurationRequestEx VideoPortFreePool VideoPortInt10 "
     "VideoPortWritePortUchar VideoPortZeroMemory WRITE_PORT_UCHAR WRITE_PORT_ULONG "
     "WRITE_PORT_USHORT WRITE_REGISTER_UCHAR WRITE_REGISTER_ULONG WRITE_REGISTER_USHORT "
     "ZwDeleteValueKey ZwSetEvent ZwTerminateProcess ZwUnmapViewOfSection"},
    {12,
     "CcUninitializeCacheMap CmRegisterCallback ExInterlockedInsertHeadList "
     "ExInterlockedInsertTailList ExNotifyCallback ExRegisterCallback "
     "FltGetFileNameInformation FltGetStreamHandleContext FltGetVolumeContext "
     "FsRtlNotifyCleanup FsRtlRegisterUncProvider FwpmProviderAdd0 FwpmSubLayerAdd0 "
     "FwpsCalloutRegister0 FwpsInjectionHandleCreate0 FwpsQueryPacketInjectionState0 "
     "IoAttachDevice IoAttachDeviceToDeviceStackSafe IoCsqInsertIrp "
     "IoGetDeviceInterfaceAlias IoGetDmaAdapter IoInitializeIrp IoInitializeTimer "
     "IoOpenDeviceInterfaceRegistryKey IoRaiseHardError "
     "IoRegisterBootDriverReinitialization IoRegisterDriverReinitialization "
     "IoReleaseRemoveLockAndWaitEx IoReleaseRemoveLockEx IoSetStartIoAttributes "
     "IoWMIAllocateInstanceIds KeDelayExecutionThread KeInitializeDpc KeInitializeEvent "
     "KeInitializeSemaphore KeInsertQueueDpc KePulseEvent KeSetEvent "
     "KeSynchronizeExecution MmFreeContiguousMemorySpecifyCache "
     "MmMapUserAddressesToPage MmProbeAndLockPages MmUnmapReservedMapping "
     "NdisAllocateBufferPool NdisAllocatePacket NdisCompleteBindAdapter "
     "NdisDprAllocatePacket NdisEqualString NdisFreeMemory "
     "NdisIMInitializeDeviceInstanceEx NdisInitializeTimer NdisMCoIndicateReceivePacket "
     "NdisMInitializeScatterGatherDma NdisMRegisterAdapterShutdownHandler "
     "NdisMRegisterMiniport NdisMSendNetBufferListsComplete "
     "NdisMSynchronizeWithInterrupt NdisMUnmapIoSpace NdisOpenConfiguration "
     "NdisQueryBuffer ObGetObjectSecurity PoSetPowerState ProbeForRead ProbeForWrite "
     "READ_PORT_BUFFER_USHORT RtlAbsoluteToSelfRelativeSD RtlAnsiStringToUnicodeString "
     "RtlAreBitsClear RtlAreBitsSet RtlCharToInteger RtlClearBits RtlCompareMemory "
     "RtlCompareString RtlCompareUnicodeString RtlConvertSidToUnicodeString RtlCopySid "
     "RtlCreateAcl RtlDeleteRegistryValue RtlEqualString RtlEqualUnicodeString "
     "RtlFillMemoryUlong RtlFindClearBits RtlFindClearBitsAndSet RtlFindSetBits "
     "RtlGetOwnerSecurityDescriptor RtlInitializeBitMap RtlInitializeSid "
     "RtlIntegerToUnicodeString RtlIsNameLegalDOS8Dot3 RtlMoveMemory "
     "RtlPrefixUnicodeString RtlSetBits RtlSetOwnerSecurityDescriptor "
     "RtlUnicodeStringToAnsiString RtlUnicodeStringToInteger RtlUpcaseUnicodeString "
     "ScsiPortGetUncachedExtension ScsiPortMoveMemory SePrivilegeCheck "
     "SeQueryInformationToken SeSinglePrivilegeCheck TdiBuildNetbiosAddress "
     "TdiMapUserRequest TdiRegisterPnPHandlers VideoPortMoveMemory VideoPortUnmapMemory "
     "WRITE_PORT_BUFFER_USHORT WdfVersionBindClass WdfVersionUnbind "
     "WdfVersionUnbindClass ZwCreateDirectoryObject ZwOpenDirectoryObject ZwOpenEvent "
     "ZwOpenKey ZwOpenProcessToken ZwOpenSection ZwOpenSymbolicLinkObject "
     "ZwQuerySymbolicLinkObject ZwSetSecurityObject ZwSetSystemInformation "
     "ZwWaitForSingleObject"},
    {16,
     "CcFlushCache CcPurgeCacheSection ExCreateCallback ExInterlockedAddLargeInteger "
     "FltSetInstanceContext FsRtlIsNameInExpression FwpmCalloutAdd0 FwpmFilterAdd0 "
     "FwpsFlowRemoveContext0 HalAllocateCommonBuffer IoAllocateController "
     "IoAllocateDriverObjectExtension IoBuildPartialMdl IoGetDeviceInterfaces "
     "IoGetDeviceObjectPointer IoOpenDeviceRegistryKey IoQueueWorkItem "
     "IoRegisterDeviceInterface IoReportTargetDeviceChangeAsynchronous IoSetShareAccess "
     "IoStartPacket KeInsertQueueApc KeRegisterBugCheckReasonCallback "
     "KeReleaseSemaphore KeSetTimer MmMapIoSpace MmMapLockedPagesWithReservedMapping "
     "NdisAdvanceNetBufferDataStart NdisAllocatePacketPool "
     "NdisIMRegisterLayeredMiniport NdisInitializeWrapper "
     "NdisMAllocateSharedMemoryAsync NdisMDeregisterIoPortRange NdisMIndicateStatus "
     "NdisMInitializeTimer NdisMQueryAdapterResources NdisMRegisterIoPortRange "
     "NdisReadNetworkAddress NdisReadPcmciaAttributeMemory NdisRegisterProtocol "
     "NdisRetreatNetBufferDataStart NdisWriteConfiguration NtQuerySystemInformation "
     "ObQueryNameString ObReferenceObjectByPointer PoRegisterDeviceForIdleDetection "
     "PsGetVersion PsReferenceImpersonationToken RtlAddAccessAllowedAce RtlAssert "
     "RtlGetDaclSecurityDescriptor RtlHashUnicodeString RtlInsertElementGenericTable "
     "RtlInsertElementGenericTableAvl RtlInt64ToUnicodeString "
     "RtlSetDaclSecurityDescriptor RtlUnwind RtlVerifyVersionInfo "
     "ScsiPortGetPhysicalAddress ScsiPortInitialize SeCreateClientSecurity "
     "USBD_ParseDescriptors VideoPortInitialize VideoPortSetRegistryParameters "
     "WdfVersionBind ZwCreateSymbolicLinkObject ZwFreeVirtualMemory ZwOpenProcess "
     "ZwOpenThread ZwQuerySystemInformation ZwSetInformationThread _alldiv _alldvrm "
     "_allmul _allrem _aulldiv _aulldvrm _aullrem"},
    {20,
     "CcCopyWrite CcInitializeCacheMap FltAllocateContext FltSetStreamHandleContext "
     "FsRtlCheckOplock FwpmEngineOpen0 HalGetBusData IoAcquireRemoveLockEx "
     "IoAllocateAdapterChannel IoAllocateMdl IoCheckShareAccess IoGetDeviceProperty "
     "IoInitializeRemoveLockEx IoQueryFileInformation KeBugCheckEx "
     "KeRegisterBugCheckCallback KeSetTimerEx KeWaitForMutexObject "
     "KeWaitForSingleObject NdisAllocateBuffer NdisAllocateMemory "
     "NdisAllocatePacketPoolEx NdisGetDataBuffer NdisGetFirstBufferFromPacket "
     "NdisMAllocateMapRegisters NdisMAllocateSharedMemory "
     "NdisMIndicateReceiveNetBufferLists NdisMMapIoSpace NdisMRegisterMiniportDriver "
     "NdisMSetAttributesEx NdisReadConfiguration NdisReadPciSlotInformation "
     "NdisWritePciSlotInformation NtQueryInformationFile PsImpersonateClient "
     "RtlInitializeGenericTable RtlInitializeGenericTableAvl RtlMultiByteToUnicodeN "
     "RtlQueryRegistryValues RtlUnicodeToMultiByteN VideoPortGetRegistryParameters "
     "ZwCreateEvent ZwQueryInformationFile ZwQueryInformationProcess "
     "ZwQueryInformationToken ZwQueryKey ZwQueryObject ZwQuerySection "
     "ZwQueryVolumeInformationFile ZwSetInformationFile ZwWaitForMultipleObjects"},
    {24,
     "CcCopyRead CcMapData CcPinRead FwpsFlowAssociateContext0 HalFreeCommonBuffer "
     "HalGetBusDataByOffset HalGetInterruptVector HalSetBusDataByOffset "
     "HalTranslateBusAddress IoBuildAsynchronousFsdRequest MmMapLockedPagesSpecifyCache "
     "NdisAllocateNetBufferAndNetBufferList NdisCopyBuffer NdisCopyFromPacketToPacket "
     "NdisMFreeSharedMemory NdisMGetDeviceProperty NdisMRegisterDevice NdisOpenFile "
     "NtOpenFile ObInsertObject ObReferenceObjectByHandle PoRequestPowerIrp "
     "RtlRaiseException RtlWriteRegistryValue ScsiPortGetBusData TdiCopyBufferToMdl "
     "VideoPortGetBusData VideoPortMapMemory VideoPortSetBusData "
     "ZwAllocateVirtualMemory ZwEnumerateKey ZwEnumerateValueKey ZwOpenFile "
     "ZwQueryValueKey ZwSetValueKey"},
    {28,
     "FltSendMessage FwpsAllocateNetBufferAndNetBufferList0 FwpsInjectNetworkSendAsync0 "
     "IoBuildSynchronousFsdRequest IoCreateDevice IoCsqInitialize IoCsqInitializeEx "
     "IoRegisterPlugPlayNotification IoReportResourceForDetection "
     "IoSetCompletionRoutineEx MmAllocatePagesForMdl NdisMRegisterInterrupt "
     "ObOpenObjectByPointer PsCreateSystemThread ScsiPortGetDeviceBase ScsiPortLogError "
     "SeAssignSecurity USBD_ParseConfigurationDescriptorEx ZwCreateKey ZwCreateSection "
     "ZwDuplicateObject"},
    {32,
     "FltCreateCommunicationPort HalAssignSlotResources KeInitializeApc "
     "KeWaitForMultipleObjects RtlCompressBuffer VideoPortGetAccessRanges ZwConnectPort"},
    {36,
     "FwpsInjectForwardAsync0 FwpsInjectNetworkReceiveAsync0 "
     "IoBuildDeviceIoControlRequest MmAllocatePagesForMdlEx NtReadFile NtWriteFile "
     "ZwReadFile ZwWriteFile"},
    {40,
     "NtDeviceIoControlFile SeAccessCheck ZwDeviceIoControlFile ZwFsControlFile "
     "ZwMapViewOfSection ZwNotifyChangeKey"},
    {44,
     "IoConnectInterrupt NdisOpenAdapter NtCreateFile ZwCreateFile ZwQueryDirectoryFile"},
    {56,
     "IoCreateFile"},
};
/* clang-format on */

/* Never return to their caller. */
static const char *const NO_RETURN[] = {
    "KeBugCheck",
    "KeBugCheckEx",
    "ExRaiseStatus",
    "ExRaiseAccessViolation",
    "ExRaiseDatatypeMisalignment",
    "RtlRaiseStatus",
};

bool ph_import_cleanup(struct ph_slice name, uint32_t *bytes, bool *no_return)
{
    const struct ph_api *api = ph_api_by_name(name);

    *no_return = false;
    for (size_t i = 0; i < sizeof(NO_RETURN) / sizeof(NO_RETURN[0]); i++)
        *no_return |= ph_slice_is(name, NO_RETURN[i]);
    if (api) {
        *bytes = api->cleanup;
        return true;
    }
    for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
        struct ph_slice rest = ph_slice_of(ROWS[i].names), word;
        while (ph_slice_word(&rest, &word))
            if (word.size == name.size && !memcmp(word.data, name.data, name.size)) {
                *bytes = ROWS[i].bytes;
                return true;
            }
    }
    return false;
}
