#!/usr/bin/python3
"""One page in an old engine that Qt carries: `qt-page.py webkit|webengine5|webengine6 URL [FILE]`.

webkit is QtWebKit 602 (Safari 10), webengine5 Chromium 87, webengine6 Chromium 102. FILE holds JavaScript that runs before the
scripts of each document. Prints "ready" once it has asked for the page; then takes lines "shot PATH", and answers each with "ok".
Ends with its standard input.
"""

import os
import sys

ENGINE, URL = sys.argv[1:3]
PRE = open(sys.argv[3], encoding="utf-8").read() if len(sys.argv) > 3 else ""
SIZE = (1000, 700)

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QT_LOGGING_RULES"] = "*=false"
os.environ["QTWEBENGINE_DISABLE_SANDBOX"] = "1"
os.environ["QTWEBENGINE_CHROMIUM_FLAGS"] = (
    "--no-sandbox --disable-gpu --disable-quic --disable-background-networking --disable-dev-shm-usage "
    "--ignore-certificate-errors"
)

if ENGINE == "webengine6":
    from PyQt6.QtCore import QSocketNotifier, QUrl
    from PyQt6.QtWebEngineCore import QWebEnginePage, QWebEngineProfile, QWebEngineScript
    from PyQt6.QtWidgets import QApplication

    INJECTION, WORLD = QWebEngineScript.InjectionPoint, QWebEngineScript.ScriptWorldId
    READ = QSocketNotifier.Type.Read
else:
    from PyQt5.QtCore import QSocketNotifier, QUrl
    from PyQt5.QtWidgets import QApplication

    READ = QSocketNotifier.Read
if ENGINE == "webengine5":
    from PyQt5.QtWebEngineWidgets import QWebEnginePage, QWebEngineProfile, QWebEngineScript

    INJECTION = WORLD = QWebEngineScript
if ENGINE == "webkit":
    from PyQt5.QtNetwork import QSslConfiguration, QSslSocket
    from PyQt5.QtWebKit import QWebSettings
    from PyQt5.QtWebKitWidgets import QWebPage, QWebView


def open_webkit():
    # The page's own requests ask about a certificate that nobody signed; a WebSocket does not ask. Neither is verified here.
    tls = QSslConfiguration.defaultConfiguration()
    tls.setPeerVerifyMode(QSslSocket.VerifyNone)
    QSslConfiguration.setDefaultConfiguration(tls)

    class Page(QWebPage):
        def javaScriptConsoleMessage(self, message, line, source):
            print(f"{source}:{line}: {message}", file=sys.stderr, flush=True)

    view = QWebView()
    page = Page(view)
    page.settings().setAttribute(QWebSettings.LocalStorageEnabled, True)
    page.networkAccessManager().sslErrors.connect(lambda reply, errors: reply.ignoreSslErrors())
    if PRE:
        page.mainFrame().javaScriptWindowObjectCleared.connect(run_pre)
    view.setPage(page)
    view.resize(*SIZE)
    view.show()
    return view


def run_pre():
    page.page().mainFrame().evaluateJavaScript(PRE)


def open_webengine():
    profile = QWebEngineProfile(app)  # without a name: keeps nothing
    if PRE:
        script = QWebEngineScript()
        script.setSourceCode(PRE)
        script.setInjectionPoint(INJECTION.DocumentCreation)
        script.setWorldId(WORLD.MainWorld)
        profile.scripts().insert(script)

    class Page(QWebEnginePage):
        def javaScriptConsoleMessage(self, level, message, line, source):
            print(f"{source}:{line}: {message}", file=sys.stderr, flush=True)

    # Without a view, which would want OpenGL.
    page = Page(profile, app)
    if ENGINE == "webengine6":
        page.certificateError.connect(lambda error: error.acceptCertificate())
    return page


def command():
    # Read by the descriptor: a buffered reader would hide the second of two lines from the notifier.
    global pending
    data = os.read(0, 4096)
    if not data:
        leave_process()
    pending += data
    while b"\n" in pending:
        line, _, pending = pending.partition(b"\n")
        page.grab().save(line.decode().removeprefix("shot "))
        print("ok", flush=True)


def leave_process():
    # At once: the engines' own destruction is slow, and now and then crashes.
    os._exit(0)


app = QApplication(["qt-page", "--no-sandbox"])
pending = b""
page = open_webkit() if ENGINE == "webkit" else open_webengine()
notifier = QSocketNotifier(0, READ)
notifier.activated.connect(command)
page.load(QUrl(URL))
print("ready", flush=True)
app.exec() if ENGINE == "webengine6" else app.exec_()
