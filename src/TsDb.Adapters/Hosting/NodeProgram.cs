using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TsDb.Model;

namespace TsDb.Adapters.Hosting;

/// <summary>What the programs of nodes share: settings, exit codes, logs on standard error, an orderly
/// end.</summary>
public static class NodeProgram
{
    /// <summary>A wrong setting.</summary>
    public const int ExitUsage = 2;

    /// <summary>A node ends within 15 s of SIGTERM; what is still open after this is cut off.</summary>
    private static readonly TimeSpan ShutdownWithin = TimeSpan.FromSeconds(12);

    /// <summary>
    /// Reads the settings and runs the node until it is told to stop. Returns the exit code: 0 after an
    /// orderly end,
    /// 2 for a wrong setting, 1 for anything else, with the reason on standard error.
    /// </summary>
    public static async Task<int> RunAsync(FlagParser parser, string[] args, Func<FlagValues, Task> run)
    {
        switch (parser.Parse(args, Environment.GetEnvironmentVariable, File.ReadAllText))
        {
            case FlagOutcome.Exit { Code: 0 } said:
                await Console.Out.WriteLineAsync(said.Text);
                return 0;
            case FlagOutcome.Exit said:
                await Console.Error.WriteLineAsync(said.Text);
                return said.Code;
            case FlagOutcome.Run start:
                return await RunAsync(start.Values, run);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>A web application without listeners yet; log lines of this level and above go to standard
    /// error.</summary>
    public static WebApplicationBuilder CreateBuilder(LogLevel logLevel)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();

        // The thread that reads a request goes on with it and sends the answer (decision 0024). It is one of
        // the pool's: whoever keeps it for long holds up this connection only.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>>(new BlockPool.Factory());
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = ShutdownWithin);
        ConfigureLogging(builder.Logging, logLevel);
        return builder;
    }

    /// <summary>Loggers like those of <see cref="CreateBuilder"/>, for what is put together before the host
    /// is built.</summary>
    public static ILoggerFactory CreateLoggers(LogLevel logLevel) =>
        LoggerFactory.Create(logging => ConfigureLogging(logging, logLevel));

    /// <summary>
    /// Begins to listen. Throws <see cref="ErrorKind.Conflict"/> if an address is in use, or none of this
    /// machine's.
    /// </summary>
    public static async Task ListenAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new TsDbException(
                ErrorKind.Conflict, $"{e.Message} Stop what listens there, or choose another address.", e);
        }
        catch (SocketException e)
        {
            throw new TsDbException(
                ErrorKind.Conflict, $"cannot listen on one of the addresses of the flags: {e.Message}", e);
        }
    }

    /// <summary>Prints the one line that says a node takes requests, with the addresses it really
    /// has.</summary>
    public static void PrintReady(string id, params IEnumerable<(string Name, string Address)> addresses)
    {
        Console.Out.WriteLine(
            $"ready id={id} {string.Join(' ', addresses.Select(a => $"{a.Name}={a.Address}"))}");
        Console.Out.Flush();
    }

    private static void ConfigureLogging(ILoggingBuilder logging, LogLevel logLevel)
    {
        logging.SetMinimumLevel(logLevel);
        logging.AddFilter("Microsoft", logLevel > LogLevel.Warning ? logLevel : LogLevel.Warning);
        logging.AddFilter("Grpc", logLevel > LogLevel.Warning ? logLevel : LogLevel.Warning);
        // It warns of every plaintext listener for two protocols, which is just what is wanted here.
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error);
        // What it says with a trace of an address in use, the program says in a sentence.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        // Members that are away are ordinary; who lives and who leads is said in words of our own.
        logging.AddFilter("DotNext", LogLevel.Error);
        logging.AddSimpleConsole(o =>
        {
            o.SingleLine = true;
            o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            o.UseUtcTimestamp = true;
            o.ColorBehavior = Microsoft.Extensions.Logging.Console.LoggerColorBehavior.Disabled;
        });
        logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            o => o.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    private static async Task<int> RunAsync(FlagValues values, Func<FlagValues, Task> run)
    {
        try
        {
            await run(values);
            return 0;
        }
        catch (TsDbException e) when (e.Kind is ErrorKind.Invalid or ErrorKind.Conflict)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return ExitUsage;
        }
        catch (TsDbException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A directory without permission: the sentence is enough.
            await Console.Error.WriteLineAsync(e.Message);
            return e is UnauthorizedAccessException ? ExitUsage : 1;
        }
    }
}
