; What Lorgnette's installer does beside what Tauri's does.

; WebView2 draws the window. Windows 11 has it. Elsewhere the person is asked; nothing is fetched unasked.
!macro NSIS_HOOK_POSTINSTALL
  ReadRegStr $0 HKLM "SOFTWARE\WOW6432Node\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}" "pv"
  ${If} $0 == ""
    ReadRegStr $0 HKCU "SOFTWARE\Microsoft\EdgeUpdate\Clients\{F3017226-FE2A-4295-8BDF-00C3A9A7E4C5}" "pv"
  ${EndIf}
  ${If} $0 == ""
  ${AndIfNot} ${Silent}
    MessageBox MB_YESNO|MB_ICONQUESTION "Windows has no WebView2, which draws Lorgnette's window. Open Microsoft's page that has it? Without it, Lorgnette works in a terminal." IDNO no_webview
      ExecShell "open" "https://developer.microsoft.com/microsoft-edge/webview2/"
    no_webview:
  ${EndIf}
!macroend

; Chats, models and settings stay, unless the box to delete them is ticked: the folders that Tauri deletes then are
; others. To Windows, the folder of data and the one where the program is installed are the same, so that what is
; deleted is named.
!macro NSIS_HOOK_POSTUNINSTALL
  ${If} $DeleteAppDataCheckboxState = 1
  ${AndIf} $UpdateMode <> 1
    SetShellVarContext current
    RmDir /r "$LOCALAPPDATA\lorgnette\data"
    RmDir /r "$LOCALAPPDATA\lorgnette\cache"
    RmDir "$LOCALAPPDATA\lorgnette"
    RmDir /r "$APPDATA\lorgnette"
  ${EndIf}
!macroend
