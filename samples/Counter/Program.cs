using Holdfast.Client.AspNetCore;
using Holdfast.Counter;

return await DaemonProgram.RunAsync(() =>
{
    // A build's settings lie beside it, wherever it is started from.
    var builder = WebApplication.CreateBuilder(
        new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    builder.AddCounter();
    builder.AddHandoff();
    var app = builder.Build();
    app.MapCounter();
    return app;
});
