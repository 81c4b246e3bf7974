// One page in KHTML, the engine of Konqueror before WebKit: `khtml-page URL [FILE]`. FILE holds JavaScript that runs once the
// document is read. Prints "ready" once it has asked for the page; then takes lines "shot PATH", and answers each with "ok". Ends
// with its standard input.
#include <cstdio>
#include <unistd.h>

#include <QApplication>
#include <QClipboard>
#include <QFile>
#include <QMainWindow>
#include <QSocketNotifier>
#include <QUrl>
#include <khtml_part.h>
#include <khtmlview.h>

static void say(const char *line) {
  puts(line);
  fflush(stdout);
}

int main(int argc, char **argv) {
  QApplication app(argc, argv);
  // A KIO job that ends would end the program with it.
  QCoreApplication::setQuitLockEnabled(false);
  QApplication::setQuitOnLastWindowClosed(false);
  // KHTML looks into the clipboard when a field gets the focus, and takes for granted that something is there.
  QGuiApplication::clipboard()->setText(QStringLiteral("everwire"));

  QMainWindow window;
  KHTMLPart part(&window);
  part.setJScriptEnabled(true);
  part.setAutoloadImages(true);
  window.setCentralWidget(part.widget());
  window.resize(1000, 700);
  window.show();

  if (argc > 2) {
    QFile file(QString::fromLocal8Bit(argv[2]));
    if (!file.open(QIODevice::ReadOnly)) return 1;
    const QString script = QString::fromUtf8(file.readAll());
    QObject::connect(&part, QOverload<>::of(&KHTMLPart::completed), [&part, script] { part.executeScript(script); });
  }

  QByteArray pending;
  QSocketNotifier input(0, QSocketNotifier::Read);
  QObject::connect(&input, &QSocketNotifier::activated, [&] {
    char buffer[4096];
    const ssize_t count = read(0, buffer, sizeof buffer);
    if (count <= 0) _exit(0); // at once: the engine's own destruction is slow, and now and then crashes
    pending.append(buffer, static_cast<int>(count));
    for (int end = pending.indexOf('\n'); end >= 0; end = pending.indexOf('\n')) {
      const QByteArray line = pending.left(end);
      pending.remove(0, end + 1);
      part.view()->grab().save(QString::fromUtf8(line.mid(5))); // after "shot "
      say("ok");
    }
  });

  part.openUrl(QUrl(QString::fromLocal8Bit(argv[1])));
  say("ready");
  return app.exec();
}
