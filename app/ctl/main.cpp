#include "app/ctl/command.h"
#include "app/ctl/console.h"

#include <QCoreApplication>

#include <iostream>
#include <thread>

/// The command runs on a thread of its own; this one serves the event loop that the keychain needs.
int main(int argc, char **argv)
{
    ctl::settleProcess();
    std::stop_source stop;
    ctl::watchForStop([&stop] { stop.request_stop(); });
    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("focus-monitor"));
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    int code = 0;
    std::thread command([&] {
        const ctl::Context context{std::cout, std::cerr, base::systemClock(), stop.get_token(),
                                   ctl::errIsTerminal()};
        code = ctl::runCommandLine(arguments, context);
        std::cout.flush();
        QMetaObject::invokeMethod(
            &application, [] { QCoreApplication::quit(); }, Qt::QueuedConnection);
    });
    QCoreApplication::exec();
    command.join();
    if (!std::cout) {
        std::cerr << "focus-monitorctl: The output could not be written.\n";
        return code == 0 ? ctl::exitcode::kFailed : code;
    }
    return code;
}
